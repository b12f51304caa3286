package dev.mainstay.verification.mutation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A change that PIT has made to a line of production code, and what became of it.
 *
 * @param name which one, without the number of the line, so that it stays the same when other lines come and go
 * @param line where it is, for people
 * @param status KILLED, SURVIVED, TIMED_OUT, NO_COVERAGE, …
 * @param detected whether the tests noticed
 */
record Mutant(String name, int line, String status, boolean detected) {

    /** All that a report tells of. */
    static List<Mutant> in(Path report, Path sources) {
        try {
            NodeList nodes = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(report.toFile())
                    .getElementsByTagName("mutation");
            List<Mutant> mutants = new ArrayList<>();
            for (int i = 0; i < nodes.getLength(); i++) {
                mutants.add(of((Element) nodes.item(i), sources));
            }
            return mutants;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SAXException | ParserConfigurationException e) {
            throw new IllegalStateException(report + " is no report of PIT", e);
        }
    }

    private static Mutant of(Element mutation, Path sources) throws IOException {
        String type = text(mutation, "mutatedClass");
        int nameBegins = type.lastIndexOf('.') + 1;
        int line = Integer.parseInt(text(mutation, "lineNumber"));
        Path source =
                sources.resolve(type.substring(0, nameBegins).replace('.', '/')).resolve(text(mutation, "sourceFile"));
        String mutator = text(mutation, "mutator");
        return new Mutant(
                type.substring(nameBegins) + "." + text(mutation, "mutatedMethod") + ", "
                        + mutator.substring(mutator.lastIndexOf('.') + 1).replace("Mutator", "") + ": "
                        + Files.readAllLines(source).get(line - 1).strip(),
                line,
                mutation.getAttribute("status"),
                Boolean.parseBoolean(mutation.getAttribute("detected")));
    }

    private static String text(Element parent, String name) {
        return parent.getElementsByTagName(name).item(0).getTextContent();
    }
}
