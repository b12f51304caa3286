package dev.mainstay.verification.mutation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry of a module's {@code mutants.txt}: a surviving mutant that somebody has looked at. The mutant's name stands
 * on a line of its own, the reason on indented lines under it; one reason may stand under several names. It begins with
 * {@code equivalent:} where nobody could tell the mutant from the original.
 */
record ReviewedMutant(String name, boolean isEquivalent, String reason) {

    private static final String EQUIVALENT = "equivalent:";

    /** The entries of a list, which need not be there. */
    static List<ReviewedMutant> in(Path list) {
        try {
            return Files.exists(list) ? parse(Files.readAllLines(list)) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<ReviewedMutant> parse(List<String> lines) {
        List<ReviewedMutant> entries = new ArrayList<>();
        List<String> names = new ArrayList<>();
        StringBuilder reason = new StringBuilder();
        for (String line : lines) {
            if (line.startsWith("#") || line.isBlank()) {
                continue;
            }
            if (Character.isWhitespace(line.charAt(0))) {
                reason.append(reason.isEmpty() ? "" : " ").append(line.strip());
                continue;
            }
            if (!reason.isEmpty()) {
                flush(names, reason, entries);
            }
            names.add(line.strip());
        }
        flush(names, reason, entries);
        return entries;
    }

    private static void flush(List<String> names, StringBuilder reason, List<ReviewedMutant> entries) {
        if (!names.isEmpty() && reason.isEmpty()) {
            throw new IllegalArgumentException(names + " are not given a reason");
        }
        boolean isEquivalent = reason.toString().startsWith(EQUIVALENT);
        String text = isEquivalent ? reason.substring(EQUIVALENT.length()).strip() : reason.toString();
        names.forEach(name -> entries.add(new ReviewedMutant(name, isEquivalent, text)));
        names.clear();
        reason.setLength(0);
    }
}
