package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The BOM has no parent, and says some versions once more. */
class BomTest {

    @Test
    void itManagesTheSlf4jThatMainstayIsBuiltAndTestedWith() throws IOException {
        String slf4j = only("<slf4j.version>([^<]+)</slf4j.version>", "pom.xml");

        assertThat(slf4j).startsWith("2.");
        assertThat(only("<artifactId>slf4j-api</artifactId>\\s*<version>([^<]+)</version>", "bom/pom.xml"))
                .isEqualTo(slf4j);
    }

    private static String only(String pattern, String file) throws IOException {
        Matcher matcher =
                Pattern.compile(pattern).matcher(Files.readString(Page.root().resolve(file)));
        assertThat(matcher.find()).as("%s in %s", pattern, file).isTrue();
        return matcher.group(1);
    }
}
