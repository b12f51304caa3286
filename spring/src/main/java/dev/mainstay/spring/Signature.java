package dev.mainstay.spring;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;
import org.springframework.util.ClassUtils;

/**
 * The types of a method as a class has it, type variables of its parents replaced.
 *
 * @param owner the class
 * @param parameters its parameters, erased
 * @param result its result
 */
record Signature(Method method, Class<?> owner, List<Class<?>> parameters, ResolvableType result) {

    static Signature of(Method method, Class<?> owner) {
        List<Class<?>> parameters = new ArrayList<>();
        for (int i = 0; i < method.getParameterCount(); i++) {
            parameters.add(
                    new MethodParameter(method, i).withContainingClass(owner).getParameterType());
        }
        return new Signature(method, owner, List.copyOf(parameters), ResolvableType.forMethodReturnType(method, owner));
    }

    /** The erased type of the result. */
    Class<?> resultType() {
        return result.resolve(method.getReturnType());
    }

    /** What the stage completes with, of a method that gives one. */
    ResolvableType stageValue() {
        return result.as(CompletionStage.class).getGeneric(0);
    }

    boolean givesStage() {
        return CompletionStage.class.isAssignableFrom(resultType());
    }

    /** Whether these parameters take those arguments, one by one, from the first on. */
    boolean takes(List<Class<?>> arguments) {
        if (parameters.size() < arguments.size()) {
            return false;
        }
        for (int i = 0; i < arguments.size(); i++) {
            if (!ClassUtils.isAssignable(parameters.get(i), arguments.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether a value of one type is one of the other, as far as the generics are known. */
    static boolean fits(ResolvableType wanted, ResolvableType given) {
        Class<?> raw = wanted.resolve(Object.class);
        if (!ClassUtils.isAssignable(raw, given.resolve(Object.class))) {
            return raw == Void.class && given.resolve(Object.class) == void.class;
        }
        return !wanted.hasGenerics()
                || wanted.hasUnresolvableGenerics()
                || !given.hasGenerics()
                || given.hasUnresolvableGenerics()
                || wanted.isAssignableFrom(given);
    }

    /** The method as a developer writes it, without names of packages. */
    @Override
    public String toString() {
        return shortName(result) + " " + method.getName() + "(" + names(parameters) + ")";
    }

    /** Class, method and parameters, as messages call a method. */
    static String where(Method method, Class<?> type) {
        return simple(type) + "." + method.getName() + "(" + names(Arrays.asList(method.getParameterTypes())) + ")";
    }

    /** What a fallback of a method has to look like. */
    String asFallback(String name) {
        List<String> names = KeyExpression.parameters(method);
        StringBuilder text =
                new StringBuilder(shortName(result)).append(' ').append(name).append('(');
        for (int i = 0; i < parameters.size(); i++) {
            text.append(simple(parameters.get(i)))
                    .append(' ')
                    .append(names.get(i))
                    .append(", ");
        }
        return text.append("Exception failure)").toString();
    }

    private static String names(List<Class<?>> types) {
        return types.stream().map(Signature::simple).collect(Collectors.joining(", "));
    }

    static String simple(Class<?> type) {
        return ClassUtils.getShortName(type).replace('$', '.');
    }

    private static String shortName(ResolvableType type) {
        return type.toString().replaceAll("[\\w.]+\\.(?=\\w)", "").replace('$', '.');
    }

    /** Whether a stage of ours can be given where this method gives its own. */
    boolean admitsStages() {
        return resultType().isAssignableFrom(CompletableFuture.class);
    }
}
