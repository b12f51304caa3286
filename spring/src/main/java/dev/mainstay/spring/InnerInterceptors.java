package dev.mainstay.spring;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.ReflectiveMethodInvocation;

/**
 * Whether other interceptors stand between ours and the method. Each {@code proceed()} moves an invocation on, past
 * them: a second attempt with the same invocation would skip them, {@code @Transactional} among them. So an invocation
 * that may be made again is copied before it proceeds, unless nothing stands in between. Spring does not tell that, and
 * its fields do. Where they cannot be read, the answer is yes, and all that is lost is the price of a copy.
 */
final class InnerInterceptors {

    private static final @Nullable VarHandle INDEX = field("currentInterceptorIndex", int.class);
    private static final @Nullable VarHandle INTERCEPTORS = field("interceptorsAndDynamicMethodMatchers", List.class);

    private InnerInterceptors() {}

    /** @param invocation one that has come to our interceptor and has not proceeded yet */
    static boolean areBehind(MethodInvocation invocation) {
        VarHandle index = INDEX;
        VarHandle interceptors = INTERCEPTORS;
        if (index == null || interceptors == null || !(invocation instanceof ReflectiveMethodInvocation reflective)) {
            return true;
        }
        return (int) index.get(reflective) < ((List<?>) interceptors.get(reflective)).size() - 1;
    }

    private static @Nullable VarHandle field(String name, Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(ReflectiveMethodInvocation.class, MethodHandles.lookup())
                    .findVarHandle(ReflectiveMethodInvocation.class, name, type);
        } catch (ReflectiveOperationException | RuntimeException unreadable) {
            return null;
        }
    }
}
