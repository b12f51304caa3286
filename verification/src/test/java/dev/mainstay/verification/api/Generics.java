package dev.mainstay.verification.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.TypeReference;
import org.objectweb.asm.signature.SignatureReader;
import org.objectweb.asm.signature.SignatureVisitor;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeAnnotationNode;

/**
 * The types in a declaration, read from its signature, or from its descriptor where it is not generic, each with its
 * annotations.
 */
final class Generics {

    private final List<TypeParameter> typeParameters = new ArrayList<>();
    private final List<TypeText> parameters = new ArrayList<>();
    private final List<TypeText> interfaces = new ArrayList<>();
    private final List<TypeText> exceptions = new ArrayList<>();
    private TypeText superclass;

    /** What a method returns, or what a field is. */
    private TypeText result;

    private Generics() {}

    static Generics of(ClassNode type) {
        Generics generics = new Generics();
        if (type.signature != null) {
            generics.read(type.signature);
        } else {
            generics.superclass = type.superName == null ? null : TypeText.Named.ofClass(type.superName);
            type.interfaces.forEach(name -> generics.interfaces.add(TypeText.Named.ofClass(name)));
        }
        return generics.annotated(type.visibleTypeAnnotations, type.invisibleTypeAnnotations);
    }

    static Generics of(MethodNode method) {
        Generics generics = new Generics();
        generics.read(method.signature == null ? method.desc : method.signature);
        if (generics.exceptions.isEmpty()) {
            method.exceptions.forEach(name -> generics.exceptions.add(TypeText.Named.ofClass(name)));
        }
        return generics.annotated(method.visibleTypeAnnotations, method.invisibleTypeAnnotations);
    }

    /** Of a field or of a component of a record. */
    static Generics ofVariable(
            String signature, String descriptor, List<TypeAnnotationNode> visible, List<TypeAnnotationNode> invisible) {
        Generics generics = new Generics();
        new SignatureReader(signature == null ? descriptor : signature)
                .acceptType(new OneType(type -> generics.result = type));
        return generics.annotated(visible, invisible);
    }

    /** With a blank behind it, or empty. */
    String typeParameters(String home) {
        return typeParameters.isEmpty()
                ? ""
                : typeParameters.stream()
                        .map(parameter -> parameter.in(home))
                        .collect(Collectors.joining(", ", "<", ">"));
    }

    String parameters(String home, boolean variable) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            boolean last = i == parameters.size() - 1;
            texts.add(
                    variable && last && parameters.get(i) instanceof TypeText.ArrayOf array
                            ? array.in(home, "...")
                            : parameters.get(i).in(home));
        }
        return String.join(", ", texts);
    }

    String exceptions(String home) {
        return exceptions.isEmpty() ? "" : " throws " + joined(exceptions, home);
    }

    String result(String home) {
        return result.in(home);
    }

    String superclass(String home) {
        return superclass.in(home);
    }

    String interfaces(String home) {
        return joined(interfaces, home);
    }

    private static String joined(List<TypeText> types, String home) {
        return types.stream().map(type -> type.in(home)).collect(Collectors.joining(", "));
    }

    private void read(String signature) {
        new SignatureReader(signature).accept(new SignatureVisitor(Opcodes.ASM9) {
            @Override
            public void visitFormalTypeParameter(String name) {
                typeParameters.add(new TypeParameter(name));
            }

            @Override
            public SignatureVisitor visitClassBound() {
                return new OneType(lastTypeParameter()::setClassBound);
            }

            @Override
            public SignatureVisitor visitInterfaceBound() {
                return new OneType(lastTypeParameter().interfaceBounds::add);
            }

            @Override
            public SignatureVisitor visitSuperclass() {
                return new OneType(type -> superclass = type);
            }

            @Override
            public SignatureVisitor visitInterface() {
                return new OneType(interfaces::add);
            }

            @Override
            public SignatureVisitor visitParameterType() {
                return new OneType(parameters::add);
            }

            @Override
            public SignatureVisitor visitReturnType() {
                return new OneType(type -> result = type);
            }

            @Override
            public SignatureVisitor visitExceptionType() {
                return new OneType(exceptions::add);
            }
        });
    }

    private TypeParameter lastTypeParameter() {
        return typeParameters.get(typeParameters.size() - 1);
    }

    private Generics annotated(List<TypeAnnotationNode> visible, List<TypeAnnotationNode> invisible) {
        Stream.of(visible, invisible)
                .filter(Objects::nonNull)
                .flatMap(Collection::stream)
                .forEach(this::annotate);
        return this;
    }

    private void annotate(TypeAnnotationNode annotation) {
        TypeReference place = new TypeReference(annotation.typeRef);
        String text = AnnotationText.of(annotation);
        switch (place.getSort()) {
            case TypeReference.CLASS_TYPE_PARAMETER, TypeReference.METHOD_TYPE_PARAMETER ->
                typeParameters.get(place.getTypeParameterIndex()).annotations.add(text + " ");
            case TypeReference.CLASS_TYPE_PARAMETER_BOUND, TypeReference.METHOD_TYPE_PARAMETER_BOUND ->
                typeParameters
                        .get(place.getTypeParameterIndex())
                        .bound(place.getTypeParameterBoundIndex())
                        .annotate(annotation.typePath, text);
            case TypeReference.CLASS_EXTENDS ->
                (place.getSuperTypeIndex() < 0 ? superclass : interfaces.get(place.getSuperTypeIndex()))
                        .annotate(annotation.typePath, text);
            case TypeReference.METHOD_FORMAL_PARAMETER ->
                parameters.get(place.getFormalParameterIndex()).annotate(annotation.typePath, text);
            case TypeReference.THROWS ->
                exceptions.get(place.getExceptionIndex()).annotate(annotation.typePath, text);
            case TypeReference.METHOD_RETURN, TypeReference.FIELD -> result.annotate(annotation.typePath, text);
            default -> throw new IllegalStateException("an annotation at a place of kind " + place.getSort());
        }
    }

    private static final class TypeParameter {
        private final String name;
        private final List<String> annotations = new ArrayList<>();
        private final List<TypeText> interfaceBounds = new ArrayList<>();
        private TypeText classBound;

        TypeParameter(String name) {
            this.name = name;
        }

        void setClassBound(TypeText bound) {
            classBound = bound;
        }

        /** The class is bound 0, present or not. */
        TypeText bound(int index) {
            return index == 0 ? classBound : interfaceBounds.get(index - 1);
        }

        String in(String home) {
            boolean plain = classBound == null || (classBound instanceof TypeText.Named named && named.isObject());
            List<TypeText> bounds = new ArrayList<>(interfaceBounds);
            if (!plain) {
                bounds.add(0, classBound);
            }
            return String.join("", annotations)
                    + name
                    + (bounds.isEmpty()
                            ? ""
                            : bounds.stream()
                                    .map(bound -> bound.in(home))
                                    .collect(Collectors.joining(" & ", " extends ", "")));
        }
    }

    /** Reads one type and hands it over. */
    private static final class OneType extends SignatureVisitor {
        private final Consumer<? super TypeText> destination;
        private TypeText.Named named;

        OneType(Consumer<? super TypeText> destination) {
            super(Opcodes.ASM9);
            this.destination = destination;
        }

        @Override
        public void visitBaseType(char descriptor) {
            destination.accept(
                    TypeText.Named.of(Type.getType(String.valueOf(descriptor)).getClassName()));
        }

        @Override
        public void visitTypeVariable(String name) {
            destination.accept(TypeText.Named.of(name));
        }

        @Override
        public SignatureVisitor visitArrayType() {
            return new OneType(element -> destination.accept(new TypeText.ArrayOf(element)));
        }

        @Override
        public void visitClassType(String name) {
            named = TypeText.Named.ofClass(name);
            destination.accept(named);
        }

        @Override
        public void visitInnerClassType(String name) {
            throw new UnsupportedOperationException("an inner class of a generic one: " + name);
        }

        @Override
        public void visitTypeArgument() {
            named.add(new TypeText.Wildcard("?", null));
        }

        @Override
        public SignatureVisitor visitTypeArgument(char wildcard) {
            return new OneType(argument -> named.add(
                    switch (wildcard) {
                        case SignatureVisitor.EXTENDS -> new TypeText.Wildcard("? extends ", argument);
                        case SignatureVisitor.SUPER -> new TypeText.Wildcard("? super ", argument);
                        default -> argument;
                    }));
        }
    }
}
