package dev.mainstay.verification;

/**
 * How much a search tries: a taste in a build, and more with {@code -Pintegration}, which CI runs. Both are numbers
 * that stand beside the search. A system property of the search's own beats both.
 */
public final class SearchSize {

    /** Whether this is a run of the integration profile. */
    private static final boolean INTEGRATION = Boolean.getBoolean("tests.integration");

    private SearchSize() {}

    /**
     * The number that is in force.
     *
     * @param property the system property that sets this number by hand
     */
    public static int of(String property, int taste, int integration) {
        return Integer.getInteger(property, of(taste, integration));
    }

    /** The same of something that is no number, or has no property of its own. */
    public static <T> T of(T taste, T integration) {
        return INTEGRATION ? integration : taste;
    }
}
