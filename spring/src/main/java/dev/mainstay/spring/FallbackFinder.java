package dev.mainstay.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/** Finds the methods that a fallback names. Every mistake is told with the signature that would be right. */
final class FallbackFinder {

    private final BeanFactory beans;
    private final ClassLoader loader;

    FallbackFinder(BeanFactory beans, ClassLoader loader) {
        this.beans = beans;
        this.loader = loader;
    }

    /**
     * The fallbacks of a method.
     *
     * @param names as in the annotation
     * @throws IllegalArgumentException if one is missing, does not fit, or is as specific as another
     */
    Fallbacks find(Signature guarded, ResultKind kind, List<String> names) {
        List<FallbackMethod> found = new ArrayList<>();
        for (String name : names) {
            found.addAll(find(guarded, kind, name));
        }
        found.sort(Comparator.comparingInt(FallbackMethod::depth).reversed());
        Map<Class<?>, FallbackMethod> byFailure = new HashMap<>();
        for (FallbackMethod fallback : found) {
            FallbackMethod other = byFailure.putIfAbsent(fallback.failureType(), fallback);
            if (other != null) {
                throw new IllegalArgumentException("two fallbacks are equally specific, for "
                        + fallback.failureType().getSimpleName() + ": " + describe(other) + " and "
                        + describe(fallback) + ". Let each take another type of failure, or leave one out");
            }
        }
        return new Fallbacks(found, beans);
    }

    private static String describe(FallbackMethod fallback) {
        return Signature.where(fallback.method(), fallback.method().getDeclaringClass());
    }

    private List<FallbackMethod> find(Signature guarded, ResultKind kind, String reference) {
        Place place = place(guarded, reference);
        List<Method> candidates = methods(place);
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("its fallback '" + reference + "' is not there: "
                    + Signature.simple(place.type) + " has no " + (place.isStatic ? "static " : "") + "method '"
                    + place.method + "'. Write " + expected(guarded, place));
        }
        List<FallbackMethod> fitting = new ArrayList<>();
        for (Method candidate : candidates) {
            FallbackMethod fallback = fit(guarded, kind, place, candidate);
            if (fallback != null) {
                fitting.add(fallback);
            }
        }
        if (fitting.isEmpty()) {
            throw new IllegalArgumentException("its fallback '" + reference + "' does not fit: there is "
                    + candidates.stream()
                            .map(method -> Signature.of(method, place.type).toString())
                            .toList()
                    + ", and it must take all arguments, the failure, both, or nothing. Write "
                    + expected(guarded, place));
        }
        return fitting;
    }

    private static String expected(Signature guarded, Place place) {
        return (place.isStatic ? "static " : "") + guarded.asFallback(place.method);
    }

    /** The methods of that name, without those that others override. */
    private static List<Method> methods(Place place) {
        return Arrays.stream(ReflectionUtils.getUniqueDeclaredMethods(
                        place.type, method -> method.getName().equals(place.method)))
                .filter(method -> !method.isBridge() && !method.isSynthetic())
                .filter(method -> !place.isStatic || Modifier.isStatic(method.getModifiers()))
                .toList();
    }

    /** Null if its parameters are for another method; a wrong result is an error. */
    private static @Nullable FallbackMethod fit(Signature guarded, ResultKind kind, Place place, Method candidate) {
        Signature signature = Signature.of(candidate, place.type);
        List<Class<?>> arguments = guarded.parameters();
        int count = signature.parameters().size();
        boolean all = signature.takes(arguments) && count <= arguments.size() + 1;
        boolean takesArguments = all && !arguments.isEmpty();
        int taken = takesArguments ? arguments.size() : 0;
        if (count > taken + 1) {
            return null;
        }
        boolean takesFailure = count == taken + 1;
        Class<?> failure = takesFailure ? signature.parameters().get(taken) : Exception.class;
        if (takesFailure && !Throwable.class.isAssignableFrom(failure)) {
            return null;
        }
        if (failure != Throwable.class && !Exception.class.isAssignableFrom(failure)) {
            throw new IllegalArgumentException("its fallback " + signature + " would never be asked: there is no"
                    + " fallback for an Error. Let it take an Exception");
        }
        requireResult(guarded, kind, place, signature);
        return new FallbackMethod(
                candidate,
                failure == Throwable.class ? Exception.class : failure.asSubclass(Exception.class),
                takesArguments,
                takesFailure,
                signature.givesStage() && kind == ResultKind.STAGE,
                place.bean);
    }

    private static void requireResult(Signature guarded, ResultKind kind, Place place, Signature fallback) {
        boolean fits = kind == ResultKind.STAGE
                ? Signature.fits(
                        guarded.stageValue(), fallback.givesStage() ? fallback.stageValue() : fallback.result())
                : Signature.fits(guarded.result(), fallback.result());
        if (!fits) {
            throw new IllegalArgumentException("its fallback " + fallback + " gives what the method does not give."
                    + " Write " + expected(guarded, place));
        }
    }

    private Place place(Signature guarded, String reference) {
        int colons = reference.indexOf("::");
        if (colons < 0) {
            return new Place(guarded.owner(), reference, null, false);
        }
        String owner = reference.substring(0, colons);
        String method = reference.substring(colons + 2);
        if (beans.containsBean(owner)) {
            Class<?> type = beans.getType(owner);
            if (type == null) {
                throw new IllegalArgumentException("its fallback '" + reference + "' names the bean '" + owner
                        + "', whose type is not known before it is made: declare it with a type");
            }
            return new Place(ClassUtils.getUserClass(type), method, owner, false);
        }
        try {
            return new Place(ClassUtils.forName(owner, loader), method, null, true);
        } catch (ClassNotFoundException | LinkageError missing) {
            throw new IllegalArgumentException(
                    "its fallback '" + reference + "' names '" + owner + "', which is neither a bean nor a class: write"
                            + " bean::method, with the name of a bean, or com.acme.Type::method, with a static method",
                    missing);
        }
    }

    /**
     * Where fallbacks are.
     *
     * @param bean the bean that has them; null for the one that is called
     * @param isStatic whether they must be static
     */
    private record Place(
            Class<?> type, String method, @Nullable String bean, boolean isStatic) {}
}
