package dev.mainstay.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ReflectionUtils;

/**
 * A method that answers for failures of one type. Immutable.
 *
 * @param failureType the failures that it answers for
 * @param takesArguments whether it takes the arguments of the call
 * @param takesFailure whether it takes the failure, after the arguments
 * @param givesStage whether it answers with a stage
 * @param bean the bean that has it; null for the one that is called
 */
record FallbackMethod(
        Method method,
        Class<? extends Exception> failureType,
        boolean takesArguments,
        boolean takesFailure,
        boolean givesStage,
        @Nullable String bean) {

    FallbackMethod {
        ReflectionUtils.makeAccessible(method);
    }

    /** Asks it, and throws what it throws. The answer may be null. */
    @SuppressWarnings("NullAway")
    Object answer(@Nullable Object target, @Nullable Object[] arguments, Exception failure, BeanFactory beans) {
        Object holder = bean == null ? target : beans.getBean(bean);
        try {
            return method.invoke(holder, parameters(arguments, failure));
        } catch (InvocationTargetException thrown) {
            throw InvocationBody.<RuntimeException>asItself(thrown.getCause() == null ? thrown : thrown.getCause());
        } catch (IllegalAccessException hidden) {
            throw new IllegalStateException(method + " cannot be called", hidden);
        }
    }

    private @Nullable Object[] parameters(@Nullable Object[] arguments, Exception failure) {
        int taken = takesArguments ? arguments.length : 0;
        @Nullable Object[] parameters = new Object[taken + (takesFailure ? 1 : 0)];
        System.arraycopy(arguments, 0, parameters, 0, taken);
        if (takesFailure) {
            parameters[taken] = failure;
        }
        return parameters;
    }

    /** How far the type of failure is from {@code Exception}: the farther, the more specific. */
    int depth() {
        int depth = 0;
        for (Class<?> type = failureType; type != null && type != Exception.class; type = type.getSuperclass()) {
            depth++;
        }
        return depth;
    }
}
