package dev.mainstay.spring;

import dev.mainstay.Fallback;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;

/** The methods that answer for one method, the most specific type of failure first. Immutable. */
final class Fallbacks {

    private final List<FallbackMethod> methods;
    private final BeanFactory beans;

    Fallbacks(List<FallbackMethod> mostSpecificFirst, BeanFactory beans) {
        this.methods = List.copyOf(mostSpecificFirst);
        this.beans = beans;
    }

    List<FallbackMethod> methods() {
        return methods;
    }

    /** The fallback of one call: the methods, with its target and arguments. */
    Fallback<Object> of(MethodInvocation invocation) {
        Object target = invocation.getThis();
        @Nullable Object[] arguments = invocation.getArguments();
        Fallback.Builder<Object> cases = Fallback.builder();
        for (FallbackMethod method : methods) {
            if (method.givesStage()) {
                cases.onAsync(method.failureType(), failure -> stage(method.answer(target, arguments, failure, beans)));
            } else {
                cases.on(method.failureType(), failure -> method.answer(target, arguments, failure, beans));
            }
        }
        return cases.build();
    }

    @SuppressWarnings("unchecked") // a null stage fails the answer, as the fallback says
    private static CompletionStage<Object> stage(Object answer) {
        return (CompletionStage<Object>) answer;
    }
}
