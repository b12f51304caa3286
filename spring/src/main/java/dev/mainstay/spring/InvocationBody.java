package dev.mainstay.spring;

import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextBody;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.ProxyMethodInvocation;

/** The rest of an invocation, as policies make it: the interceptors behind ours, and the method. */
class InvocationBody implements ContextBody<Object, Exception> {

    private final MethodInvocation invocation;

    private InvocationBody(MethodInvocation invocation) {
        this.invocation = invocation;
    }

    /**
     * The rest of an invocation that has come to our interceptor.
     *
     * @param repeats whether policies may make it more than once
     */
    static InvocationBody of(MethodInvocation invocation, boolean repeats) {
        return repeats && invocation instanceof ProxyMethodInvocation proxied && InnerInterceptors.areBehind(invocation)
                ? new Repeatable(proxied)
                : new InvocationBody(invocation);
    }

    @Override
    public Object in(CallContext context) throws Exception {
        return proceed(invocation);
    }

    /** The same for a method that gives a stage, which is a new one each time. */
    final AsyncSupplier<Object> stages() {
        return () -> stage(in(CallContext.plain()));
    }

    @SuppressWarnings("unchecked") // a null stage fails the call, as the chain says
    private static CompletionStage<Object> stage(Object result) {
        return (CompletionStage<Object>) result;
    }

    @SuppressWarnings("NullAway") // a result may be null: type arguments of other modules do not tell
    private static Object proceed(MethodInvocation invocation) throws Exception {
        try {
            return invocation.proceed();
        } catch (Exception | Error failure) {
            throw failure;
        } catch (Throwable undeclared) {
            throw InvocationBody.<RuntimeException>asItself(undeclared);
        }
    }

    /** Throws what is neither an exception nor an error as it is. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> X asItself(Throwable failure) throws X {
        throw (X) failure;
    }

    /**
     * One that other interceptors follow. The first attempt takes the invocation itself, and each further one a copy of
     * what that was before. Attempts may be made by several threads at once.
     */
    private static final class Repeatable extends InvocationBody {

        private final ProxyMethodInvocation untouched;
        private final AtomicReference<@Nullable MethodInvocation> first;

        Repeatable(ProxyMethodInvocation invocation) {
            super(invocation);
            untouched = (ProxyMethodInvocation) invocation.invocableClone();
            first = new AtomicReference<>(invocation);
        }

        @Override
        public Object in(CallContext context) throws Exception {
            MethodInvocation own = first.getAndSet(null);
            return proceed(own == null ? untouched.invocableClone() : own);
        }
    }
}
