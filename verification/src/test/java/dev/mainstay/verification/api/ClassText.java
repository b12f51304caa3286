package dev.mainstay.verification.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;

/**
 * A public type: its declaration in one line, and one more for each public or protected member that it declares itself.
 * What its kind implies is left out: the methods of an enum, a record's accessors and canonical constructor, and what
 * overrides the methods of {@code Object}.
 */
final class ClassText {

    private static final List<String> OF_OBJECT =
            List.of("equals(Ljava/lang/Object;)Z", "hashCode()I", "toString()Ljava/lang/String;");

    private final ClassNode type;
    private final String home;
    private final int flags;
    private final Generics generics;

    /** @param flags the access flags, as the source says them */
    ClassText(ClassNode type, int flags) {
        this.type = type;
        this.flags = flags;
        home = TypeText.packageOf(type.name);
        generics = Generics.of(type);
    }

    static boolean isVisible(int flags) {
        return (flags & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) != 0 && (flags & Opcodes.ACC_SYNTHETIC) == 0;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(declaration());
        members().map(member -> "  " + member).forEach(lines::add);
        return lines;
    }

    private Stream<String> members() {
        Stream<String> constants = type.fields.stream()
                .filter(field -> is(field.access, Opcodes.ACC_ENUM))
                .map(this::constant);
        Stream<String> fields = type.fields.stream()
                .filter(field -> isVisible(field.access) && !is(field.access, Opcodes.ACC_ENUM))
                .map(this::field)
                .sorted();
        Stream<String> methods = type.methods.stream()
                .filter(method -> isVisible(method.access) && !isImplied(method))
                .sorted(Comparator.comparing((MethodNode method) -> method.name)
                        .thenComparing(method -> Generics.of(method).parameters(home, false))
                        .thenComparing(method -> method.desc))
                .map(this::method);
        return Stream.of(constants, fields, methods).flatMap(members -> members);
    }

    private String declaration() {
        return AnnotationText.prefix(type.visibleAnnotations, type.invisibleAnnotations)
                + modifiers()
                + kind()
                + " "
                + TypeText.nameIn(home, type.name)
                + generics.typeParameters(home)
                + (isRecord() ? components() : "")
                + parents()
                + permitted();
    }

    private String modifiers() {
        StringJoiner modifiers = new StringJoiner(" ", "", " ");
        modifiers.add(is(flags, Opcodes.ACC_PUBLIC) ? "public" : "protected");
        boolean isClass = kind().equals("class");
        if (isClass && is(flags, Opcodes.ACC_ABSTRACT)) {
            modifiers.add("abstract");
        }
        if (isClass && is(flags, Opcodes.ACC_STATIC)) {
            modifiers.add("static");
        }
        if (isClass && is(flags, Opcodes.ACC_FINAL)) {
            modifiers.add("final");
        }
        if (!permittedSubclasses().isEmpty()) {
            modifiers.add("sealed");
        }
        return modifiers.toString();
    }

    private String kind() {
        if (is(flags, Opcodes.ACC_ANNOTATION)) {
            return "@interface";
        }
        if (is(flags, Opcodes.ACC_INTERFACE)) {
            return "interface";
        }
        if (is(flags, Opcodes.ACC_ENUM)) {
            return "enum";
        }
        return isRecord() ? "record" : "class";
    }

    private String components() {
        return type.recordComponents.stream()
                .map(component -> Generics.ofVariable(
                                        component.signature,
                                        component.descriptor,
                                        component.visibleTypeAnnotations,
                                        component.invisibleTypeAnnotations)
                                .result(home)
                        + " "
                        + component.name)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private String parents() {
        String superclass = generics.superclass(home);
        boolean implied = isRecord() || is(flags, Opcodes.ACC_ENUM) || superclass.equals("Object");
        String interfaces = is(flags, Opcodes.ACC_ANNOTATION) ? "" : generics.interfaces(home);
        String keyword = is(flags, Opcodes.ACC_INTERFACE) ? " extends " : " implements ";
        return (implied ? "" : " extends " + superclass) + (interfaces.isEmpty() ? "" : keyword + interfaces);
    }

    private String permitted() {
        return permittedSubclasses().isEmpty()
                ? ""
                : permittedSubclasses().stream()
                        .map(name -> TypeText.nameIn(home, name))
                        // where the source leaves them out, each compiler has an order of its own
                        .sorted()
                        .collect(Collectors.joining(", ", " permits ", ""));
    }

    /** An enum whose constants have bodies permits these; nobody can name them. */
    private List<String> permittedSubclasses() {
        return type.permittedSubclasses == null || is(flags, Opcodes.ACC_ENUM) ? List.of() : type.permittedSubclasses;
    }

    private String constant(FieldNode constant) {
        return AnnotationText.prefix(constant.visibleAnnotations, constant.invisibleAnnotations) + constant.name;
    }

    private String field(FieldNode field) {
        return AnnotationText.prefix(field.visibleAnnotations, field.invisibleAnnotations)
                + modifiersOf(field.access)
                + (is(field.access, Opcodes.ACC_VOLATILE) ? "volatile " : "")
                + Generics.ofVariable(
                                field.signature,
                                field.desc,
                                field.visibleTypeAnnotations,
                                field.invisibleTypeAnnotations)
                        .result(home)
                + " "
                + field.name
                // compiled into what uses it
                + (field.value == null ? "" : " = " + value(field));
    }

    private static Object value(FieldNode field) {
        return switch (field.desc) {
            case "Z" -> Integer.valueOf(1).equals(field.value);
            case "C" -> "'" + (char) ((Integer) field.value).intValue() + "'";
            default -> AnnotationText.constant(field.value);
        };
    }

    private String method(MethodNode method) {
        Generics its = Generics.of(method);
        boolean isConstructor = method.name.equals("<init>");
        String typeParameters = its.typeParameters(home);
        return AnnotationText.prefix(method.visibleAnnotations, method.invisibleAnnotations)
                + modifiersOf(method.access)
                + (isDefault(method) ? "default " : "")
                + (typeParameters.isEmpty() ? "" : typeParameters + " ")
                + (isConstructor ? TypeText.nameIn(home, type.name) : its.result(home) + " " + method.name)
                + "(" + its.parameters(home, is(method.access, Opcodes.ACC_VARARGS)) + ")"
                + its.exceptions(home)
                + (method.annotationDefault == null
                        ? ""
                        : " default " + AnnotationText.constant(method.annotationDefault));
    }

    private String modifiersOf(int access) {
        boolean inInterface = is(flags, Opcodes.ACC_INTERFACE);
        StringJoiner modifiers = new StringJoiner(" ", "", " ");
        modifiers.add(is(access, Opcodes.ACC_PUBLIC) ? "public" : "protected");
        if (is(access, Opcodes.ACC_STATIC)) {
            modifiers.add("static");
        }
        if (is(access, Opcodes.ACC_ABSTRACT) && !inInterface) {
            modifiers.add("abstract");
        }
        if (is(access, Opcodes.ACC_FINAL)) {
            modifiers.add("final");
        }
        return modifiers.toString();
    }

    private boolean isDefault(MethodNode method) {
        return is(flags, Opcodes.ACC_INTERFACE) && !is(method.access, Opcodes.ACC_ABSTRACT | Opcodes.ACC_STATIC);
    }

    private boolean isImplied(MethodNode method) {
        return OF_OBJECT.contains(method.name + method.desc)
                || (is(flags, Opcodes.ACC_ENUM) && isOfEveryEnum(method))
                || (isRecord() && isOfItsComponents(method));
    }

    private boolean isOfEveryEnum(MethodNode method) {
        return is(method.access, Opcodes.ACC_STATIC)
                && ((method.name.equals("values") && method.desc.startsWith("()"))
                        || (method.name.equals("valueOf") && method.desc.startsWith("(Ljava/lang/String;)")));
    }

    private boolean isOfItsComponents(MethodNode method) {
        return type.recordComponents.stream()
                        .anyMatch(component ->
                                method.name.equals(component.name) && method.desc.equals("()" + component.descriptor))
                || (method.name.equals("<init>") && method.desc.equals(canonical()));
    }

    private String canonical() {
        return type.recordComponents.stream()
                .map((RecordComponentNode component) -> component.descriptor)
                .collect(Collectors.joining("", "(", ")V"));
    }

    private boolean isRecord() {
        return is(type.access, Opcodes.ACC_RECORD);
    }

    private static boolean is(int access, int flag) {
        return (access & flag) != 0;
    }
}
