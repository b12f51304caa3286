package dev.mainstay.verification.api;

import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AnnotationNode;

/** Annotations and constants as Java writes them, annotations by their simple names. */
final class AnnotationText {

    private AnnotationText() {}

    /** Those of a declaration, each with a blank behind it. */
    static String prefix(List<AnnotationNode> visible, List<AnnotationNode> invisible) {
        return Stream.of(visible, invisible)
                .filter(annotations -> annotations != null)
                .flatMap(Collection::stream)
                .map(annotation -> of(annotation) + " ")
                .sorted()
                .collect(Collectors.joining());
    }

    static String of(AnnotationNode annotation) {
        String type = annotation.desc.substring(1, annotation.desc.length() - 1);
        String name = "@" + type.substring(type.lastIndexOf('/') + 1).replace('$', '.');
        if (annotation.values == null || annotation.values.isEmpty()) {
            return name;
        }
        StringJoiner values = new StringJoiner(", ", name + "(", ")");
        for (int i = 0; i < annotation.values.size(); i += 2) {
            values.add(annotation.values.get(i) + " = " + constant(annotation.values.get(i + 1)));
        }
        return values.toString();
    }

    /** A value that a class file can hold: of an annotation, or of a constant. */
    static String constant(Object value) {
        if (value instanceof String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
        }
        if (value instanceof Long number) {
            return number + "L";
        }
        if (value instanceof Float number) {
            return number + "f";
        }
        if (value instanceof Type type) {
            return type.getClassName() + ".class";
        }
        if (value instanceof String[] constant) {
            return Type.getType(constant[0]).getClassName() + "." + constant[1];
        }
        if (value instanceof AnnotationNode annotation) {
            return of(annotation);
        }
        if (value instanceof List<?> values) {
            return values.stream().map(AnnotationText::constant).collect(Collectors.joining(", ", "{", "}"));
        }
        return String.valueOf(value);
    }
}
