package dev.mainstay.safe;

import org.jspecify.annotations.Nullable;

/**
 * Text made of objects that are not ours, such as keys, for messages, logs and meter tags: one line, of bounded length,
 * whatever the object is.
 */
public final class SafeText {

    /** How long a text is, unless more is asked for. */
    public static final int LONGEST = 120;

    private SafeText() {}

    /**
     * The object's {@code toString()} with its control characters replaced, cut off after {@link #LONGEST} characters;
     * the name of its class if {@code toString()} throws.
     */
    public static String of(@Nullable Object value) {
        return of(value, LONGEST);
    }

    /** The same, cut off after so many characters. */
    public static String of(@Nullable Object value, int longest) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Throwable failure) {
            return oneLine(Failures.textOf(failure), longest);
        }
        try {
            return oneLine(String.valueOf(value), longest);
        } catch (Throwable broken) {
            return value.getClass().getName();
        }
    }

    /**
     * What a policy of this class is called in messages: the simple name of the class in words, such as {@code Thread
     * pool bulkhead}; {@code Policy} if it has none.
     */
    public static String kind(Class<?> type) {
        String name;
        try {
            name = type.getSimpleName();
        } catch (Throwable malformed) {
            name = "";
        }
        StringBuilder words = new StringBuilder(name.length() + 4);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean begins = i > 0 && Character.isUpperCase(c) && !Character.isUpperCase(name.charAt(i - 1));
            words.append(begins ? " " : "").append(begins ? Character.toLowerCase(c) : c);
        }
        return name.isEmpty() ? "Policy" : oneLine(words.toString(), LONGEST);
    }

    private static String oneLine(String text, int longest) {
        boolean cut = text.length() > longest;
        int length = cut ? longest - 1 : text.length();
        StringBuilder line = new StringBuilder(length + 1);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            line.append(breaksLine(c) ? '\uFFFD' : c);
        }
        if (cut) {
            if (Character.isHighSurrogate(text.charAt(length - 1))) {
                line.setLength(length - 1);
            }
            line.append('\u2026');
        }
        return line.toString();
    }

    private static boolean breaksLine(char c) {
        return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
    }
}
