package dev.mainstay.spring.boot;

import dev.mainstay.ContextCarrier;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Carries the MDC: while a call runs, its thread has what the caller had, and afterwards what it had before. */
final class MdcCarrier implements ContextCarrier {

    @Override
    public Snapshot capture() {
        Map<String, String> captured = MDC.getCopyOfContextMap();
        return () -> {
            Map<String, String> before = MDC.getCopyOfContextMap();
            set(captured);
            return () -> set(before);
        };
    }

    private static void set(@Nullable Map<String, String> context) {
        if (context == null) {
            MDC.clear();
        } else {
            MDC.setContextMap(context);
        }
    }
}
