package dev.mainstay.verification.api;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.objectweb.asm.TypePath;

/**
 * A type as Java writes it, annotations and all. Types of {@code java.lang} and of the package that it is read in go by
 * their simple names.
 */
abstract sealed class TypeText {

    private final List<String> annotations = new ArrayList<>();

    /** As it is written in a package. */
    abstract String in(String home);

    /** One step of a path into this type. */
    abstract TypeText step(int kind, int argument);

    /** Puts an annotation to where the path leads; null leads to this type itself. */
    final void annotate(TypePath path, String annotation) {
        TypeText target = this;
        for (int i = 0; path != null && i < path.getLength(); i++) {
            // a nested type is one name to us
            if (path.getStep(i) != TypePath.INNER_TYPE) {
                target = target.step(path.getStep(i), path.getStepArgument(i));
            }
        }
        target.annotations.add(annotation + " ");
    }

    final String annotations() {
        return annotations.stream().sorted().collect(Collectors.joining());
    }

    static String packageOf(String internalName) {
        int end = internalName.lastIndexOf('/');
        return end < 0 ? "" : internalName.substring(0, end).replace('/', '.');
    }

    /** A class's name in a package, without type arguments. */
    static String nameIn(String home, String internalName) {
        String name = internalName.replace('/', '.').replace('$', '.');
        String itsPackage = packageOf(internalName);
        return itsPackage.equals(home) || itsPackage.equals("java.lang")
                ? name.substring(itsPackage.length() + 1)
                : name;
    }

    /** A class, a type variable or a primitive type. */
    static final class Named extends TypeText {
        private final String name;
        private final boolean isClass;
        private final List<TypeText> arguments = new ArrayList<>();

        private Named(String name, boolean isClass) {
            this.name = name;
            this.isClass = isClass;
        }

        static Named ofClass(String internalName) {
            return new Named(internalName, true);
        }

        static Named of(String name) {
            return new Named(name, false);
        }

        void add(TypeText argument) {
            arguments.add(argument);
        }

        boolean isObject() {
            return isClass && name.equals("java/lang/Object") && annotations().isEmpty();
        }

        @Override
        TypeText step(int kind, int argument) {
            if (kind != TypePath.TYPE_ARGUMENT) {
                throw new IllegalStateException(name + " has no part of kind " + kind);
            }
            return arguments.get(argument);
        }

        @Override
        String in(String home) {
            String text = isClass ? nameIn(home, name) : name;
            // an annotation stands before the last name of a qualified one
            int simple = text.lastIndexOf('.') + 1;
            return (annotations().isEmpty() ? text : text.substring(0, simple) + annotations() + text.substring(simple))
                    + (arguments.isEmpty()
                            ? ""
                            : arguments.stream()
                                    .map(argument -> argument.in(home))
                                    .collect(Collectors.joining(", ", "<", ">")));
        }
    }

    static final class ArrayOf extends TypeText {
        private final TypeText element;

        ArrayOf(TypeText element) {
            this.element = element;
        }

        @Override
        TypeText step(int kind, int argument) {
            if (kind != TypePath.ARRAY_ELEMENT) {
                throw new IllegalStateException("an array has no part of kind " + kind);
            }
            return element;
        }

        @Override
        String in(String home) {
            return in(home, "[]");
        }

        /**
         * The outermost dimension is written first, and so are its annotations; a variable number of arguments is an
         * array, too.
         */
        String in(String home, String lastBrackets) {
            StringBuilder dimensions = new StringBuilder();
            TypeText type = this;
            while (type instanceof ArrayOf array) {
                boolean last = !(array.element instanceof ArrayOf);
                dimensions
                        .append(array.annotations().isEmpty() ? "" : " " + array.annotations())
                        .append(last ? lastBrackets : "[]");
                type = array.element;
            }
            return type.in(home) + dimensions;
        }
    }

    static final class Wildcard extends TypeText {
        private final String kind;
        private final TypeText bound;

        /**
         * @param kind {@code ? extends } or {@code ? super }, or {@code ?} alone
         * @param bound null if there is none
         */
        Wildcard(String kind, TypeText bound) {
            this.kind = kind;
            this.bound = bound;
        }

        @Override
        TypeText step(int kindOfStep, int argument) {
            if (kindOfStep != TypePath.WILDCARD_BOUND || bound == null) {
                throw new IllegalStateException("a wildcard has no part of kind " + kindOfStep);
            }
            return bound;
        }

        @Override
        String in(String home) {
            return annotations() + kind + (bound == null ? "" : bound.in(home));
        }
    }
}
