package dev.mainstay.spring.options;

import dev.mainstay.time.VirtualTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** Catalogs of tests, from {@code "key: value"} lines. */
final class Catalogs {

    private Catalogs() {}

    static MainstayOptions options(String... lines) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : lines) {
            int colon = line.indexOf(": ");
            values.put(line.substring(0, colon), line.substring(colon + 2));
        }
        return MainstayOptions.of(values);
    }

    static ConfiguredPolicyCatalog catalog(String... lines) {
        return ConfiguredPolicyCatalog.builder(options(lines)).build();
    }

    static ConfiguredPolicyCatalog catalog(VirtualTime time, String... lines) {
        return ConfiguredPolicyCatalog.builder(options(lines)).timeSource(time).build();
    }
}
