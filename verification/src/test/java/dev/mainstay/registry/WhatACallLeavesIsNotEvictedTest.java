package dev.mainstay.registry;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What a call leaves in the instance of its key (a failure, a debt) is found there by the next call with that key, even
 * if the instance was about to make room for that of another key as the call looked it up.
 */
class WhatACallLeavesIsNotEvictedTest {

    @Test
    void whileOtherKeysNeedRoom() {
        Exploration.holds(() -> {
            KeyedRegistry<Memory> registry =
                    KeyedRegistry.builder("keys", Memory::new).maxInstances(1).build();
            AtomicReferenceArray<@Nullable Memory> used = new AtomicReferenceArray<>(2);
            registry.get("a");

            Exploration.together(() -> call(registry, "a", used, 0), () -> {
                registry.get("b");
                registry.get("c");
            });

            isThere(registry, "a", used.get(0));
        });
    }

    @Test
    void whileBothKeysAreCalled() {
        Exploration.holds(() -> {
            KeyedRegistry<Memory> registry =
                    KeyedRegistry.builder("keys", Memory::new).maxInstances(1).build();
            AtomicReferenceArray<@Nullable Memory> used = new AtomicReferenceArray<>(2);

            Exploration.together(() -> call(registry, "a", used, 0), () -> call(registry, "b", used, 1));

            isThere(registry, "a", used.get(0));
            isThere(registry, "b", used.get(1));
        });
    }

    private static void call(
            KeyedRegistry<Memory> registry, String key, AtomicReferenceArray<@Nullable Memory> used, int index) {
        try {
            registry.around(CallContext.plain().key(key), TimeSource.UNREAD, Chain.end(), new Note(used, index));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void isThere(KeyedRegistry<Memory> registry, String key, @Nullable Memory used) {
        Exploration.require(used != null && !used.isIdle(), "the call left nothing");
        Exploration.require(registry.get(key) == used || used == registry.shared(), "what the call left is lost");
    }

    /** Notes which instance the call is in. */
    private record Note(AtomicReferenceArray<@Nullable Memory> used, int index) implements CallBody<String> {

        @Override
        public String in(CallContext context) {
            return "result";
        }
    }

    /** A policy that remembers that it was called. */
    private static final class Memory extends Policy {

        private final String name;
        private volatile boolean called;

        Memory(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isIdle() {
            return !called;
        }

        @Override
        public <T extends @Nullable Object> T around(
                CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            T result = body.in(context);
            called = true;
            ((Note) body).used.set(((Note) body).index, this);
            return result;
        }

        @Override
        public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            throw new AssertionError("nobody calls it so");
        }
    }
}
