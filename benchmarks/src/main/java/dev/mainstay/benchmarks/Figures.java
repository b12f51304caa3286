package dev.mainstay.benchmarks;

import java.util.Locale;

/** Numbers and names as people read them. */
final class Figures {

    private Figures() {}

    /** With about three digits that count: {@code 0.012}, {@code 3.45}, {@code 67.8}, {@code 3,680}. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 99.95 ? "%,.0f" : size >= 9.995 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    static String threads(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }

    /** A constant's name in words: {@code ONE_PERCENT} is "one percent". */
    static String words(String name) {
        return name.matches("[A-Z_]+") ? name.toLowerCase(Locale.ROOT).replace('_', ' ') : name;
    }
}
