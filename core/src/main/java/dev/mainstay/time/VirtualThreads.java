package dev.mainstay.time;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Virtual threads, on a Java that has them and does not pin them in monitors. */
final class VirtualThreads {

    /** From this version on, a virtual thread that waits in or for a monitor leaves its carrier (JEP 491). */
    private static final int UNPINNED = 24;

    private VirtualThreads() {}

    /** Runs each piece of work on a virtual thread of its own that inherits nothing; null if there are none. */
    static @Nullable Executor executor(String threadName) {
        ThreadFactory factory = factory(threadName);
        return factory == null ? null : new Starter(factory);
    }

    /** Looks up by name what Java 17, for which we compile, does not have. */
    private static @Nullable ThreadFactory factory(String threadName) {
        if (Runtime.version().feature() < UNPINNED) {
            return null;
        }
        try {
            Lookup lookup = MethodHandles.publicLookup();
            Class<?> builder = lookup.findClass("java.lang.Thread$Builder$OfVirtual");
            MethodHandle ofVirtual = lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(builder));
            MethodHandle name = lookup.findVirtual(builder, "name", MethodType.methodType(builder, String.class));
            MethodHandle inherit = lookup.findVirtual(
                    builder, "inheritInheritableThreadLocals", MethodType.methodType(builder, boolean.class));
            MethodHandle factory = lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
            Object named = name.invoke(ofVirtual.invoke(), threadName);
            return (ThreadFactory) factory.invoke(inherit.invoke(named, false));
        } catch (Throwable unknown) {
            return null;
        }
    }

    private static final class Starter implements Executor {

        private final ThreadFactory factory;

        Starter(ThreadFactory factory) {
            this.factory = factory;
        }

        @Override
        public void execute(Runnable work) {
            Thread thread = factory.newThread(work);
            thread.setContextClassLoader(null);
            thread.start();
        }
    }
}
