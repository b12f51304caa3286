package dev.mainstay.spring;

import java.util.Arrays;
import java.util.Locale;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * What properties say about annotations.
 *
 * @param order where our advice stands among others: those with a smaller number are outside of it
 * @param unadvised what becomes of an annotation that has no effect
 * @param selfCalls what becomes of calls that a bean makes to an annotated method of its own
 */
record AnnotationSettings(int order, Report unadvised, Report selfCalls) {

    private static final String PREFIX = "mainstay.annotations.";

    /** Outside of transactions and of every advice that says no order, wherever these are registered. */
    static final int DEFAULT_ORDER = Ordered.LOWEST_PRECEDENCE - 1_000;

    static AnnotationSettings of(Environment environment) {
        Integer order = environment.getProperty(PREFIX + "order", Integer.class);
        return new AnnotationSettings(
                order == null ? DEFAULT_ORDER : order,
                report(environment, "unadvised", Report.WARN),
                report(environment, "self-calls", Report.OFF));
    }

    private static Report report(Environment environment, String name, Report otherwise) {
        String text = environment.getProperty(PREFIX + name);
        if (text == null) {
            return otherwise;
        }
        return Arrays.stream(Report.values())
                .filter(value -> value.name().equalsIgnoreCase(text.trim()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        PREFIX + name + " is '" + text + "' but must be one of [warn, fail, off]"));
    }

    /** What becomes of something that is found. */
    enum Report {
        WARN,
        FAIL,
        OFF;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
