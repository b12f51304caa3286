package dev.mainstay.spring.options;

import org.jspecify.annotations.Nullable;

/**
 * A policy that is configured, or that somebody asks for without that.
 *
 * @param kind what it is
 * @param name its name
 * @param section where it is configured; empty if it is not
 * @param defaults what holds for all of its kind
 * @param own what is configured for this one, bases included
 */
record Planned<O extends Record & PolicyOptions>(
        PolicyKind<O, ?, ?, ?> kind,
        String name,
        String section,
        @Nullable O defaults,
        @Nullable O own) {

    PolicyKey key() {
        return new PolicyKey(kind.type(), name);
    }

    boolean isConfigured() {
        return !section.isEmpty();
    }

    /** All that is said: the defaults, values in an annotation over them, and over all what is configured. */
    O options(@Nullable O inline) {
        O said = Records.over(Records.over(defaults, inline), own);
        return said == null ? OptionText.parse(kind.optionsType(), java.util.Map.of()) : said;
    }
}
