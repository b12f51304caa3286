package dev.mainstay.micrometer;

import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.test.simple.SimpleCurrentTraceContext;
import io.micrometer.tracing.test.simple.SimpleSpan;
import io.micrometer.tracing.test.simple.SimpleTracer;

/**
 * The test kit's tracer with scopes without a trace that put back what was there before, as those of tracers for
 * production do; the kit's own leave the thread without.
 */
final class RestoringTracer extends SimpleTracer {

    private final SimpleCurrentTraceContext current = new SimpleCurrentTraceContext(this) {
        @Override
        public Scope maybeScope(TraceContext context) {
            return context == null ? withoutTrace() : super.maybeScope(context);
        }

        @Override
        public Scope newScope(TraceContext context) {
            return context == null ? withoutTrace() : super.newScope(context);
        }

        private Scope withoutTrace() {
            SimpleSpan before = currentSpan();
            Scope scope = super.newScope(null);
            return () -> {
                scope.close();
                if (before != null) {
                    // What this returns would bring back the state of having no trace; nobody wants that.
                    Scope ignored = super.newScope(before.context());
                    assert ignored != null;
                }
            };
        }
    };

    @Override
    public SimpleCurrentTraceContext currentTraceContext() {
        return current;
    }
}
