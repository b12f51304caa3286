package dev.mainstay.benchmarks.contenders;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a breaker looks back at: so many calls, or so much time.
 *
 * @param calls 0 if it is a time
 * @param time null if it is calls
 */
public record Window(int calls, @Nullable Duration time) {

    /** From {@code "100 calls"}, {@code "10 s"} or {@code "1 h"}. */
    public static Window parse(String text) {
        String[] parts = text.split(" ", -1);
        int number = Integer.parseInt(parts[0]);
        return switch (parts[1]) {
            case "calls" -> new Window(number, null);
            case "s" -> new Window(0, Duration.ofSeconds(number));
            case "h" -> new Window(0, Duration.ofHours(number));
            default ->
                throw new IllegalArgumentException("window is '" + text + "' but must be a number of calls, s or h");
        };
    }
}
