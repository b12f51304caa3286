package dev.mainstay.spring.options;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An option that does not exist, or whose value is not allowed. The message says what is. */
public final class InvalidOptionException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /** What policies say: the option, perhaps a part of it, its value and what is allowed. */
    private static final Pattern OPTION = Pattern.compile("^(?:[^:]*: )?([a-z][A-Za-z]+)(?: [A-Za-z]+)? is (.*)$");

    private final String message;
    private final String section;
    private final @Nullable String option;

    private InvalidOptionException(String message, String section, @Nullable String option, @Nullable Throwable cause) {
        super(message, cause);
        this.message = message;
        this.section = section;
        this.option = option;
    }

    @Override
    public String getMessage() {
        return message;
    }

    /**
     * Where it is configured, without the prefix: {@code pipelines.inventory.retry}; empty if nowhere, such as in an
     * annotation.
     */
    public String section() {
        return section;
    }

    /** Its name there, {@code max-attempts}; null if it is not one option that is wrong. */
    public @Nullable String option() {
        return option;
    }

    static InvalidOptionException unknown(String path, String key, List<String> allowed) {
        return new InvalidOptionException(
                path + " is no option" + suggestion(key, allowed)
                        + (allowed.isEmpty() ? "" : "; allowed are " + String.join(", ", allowed)),
                parent(path),
                last(path),
                null);
    }

    static InvalidOptionException notOfType(String path, String text, String allowed, @Nullable Throwable cause) {
        return new InvalidOptionException(
                path + " is '" + text + "' but must be " + allowed, parent(path), last(path), cause);
    }

    /** What is wrong with the use of an option, in the words of {@code message}. */
    static InvalidOptionException at(String section, String option, String message) {
        return new InvalidOptionException(message, section, option, null);
    }

    /** What a policy says about its options, with the place where they are configured. */
    static InvalidOptionException of(String section, String subject, RuntimeException cause) {
        String message = String.valueOf(cause.getMessage());
        Matcher matcher = OPTION.matcher(message);
        String option = matcher.matches() ? OptionText.kebab(matcher.group(1)) : null;
        String place = section.isEmpty() ? "" : " (mainstay." + section + (option == null ? "" : "." + option) + ")";
        String told = message.startsWith(subject) ? message : subject + ": " + message;
        return new InvalidOptionException(told + place, section, option, cause);
    }

    /** What may have been meant, as the end of a sentence; empty if nothing is near. */
    public static String suggestion(String key, List<String> allowed) {
        Optional<String> nearest = allowed.stream()
                .filter(each -> distance(key, each) <= Math.max(2, (key.length() + 2) / 3))
                .min(Comparator.comparingInt(each -> distance(key, each)));
        return nearest.map(each -> ": did you mean " + each + "?").orElse("");
    }

    /** Levenshtein's. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }

    private static String parent(String path) {
        return path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : "";
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
