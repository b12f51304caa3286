package dev.mainstay.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.registry.Turnstile.Config;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class KeyedRegistryTest {

    private final KeyedRegistry<Turnstile> hosts = of(2);

    private static KeyedRegistry<Turnstile> of(int maxInstances) {
        return KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
                .maxInstances(maxInstances)
                .build();
    }

    private static Guard forKey(KeyedRegistry<Turnstile> registry, Object key) {
        return registry.with(ctx -> ctx.key(key));
    }

    /** Lets an instance owe something, so that it is not idle. */
    private static void fail(KeyedRegistry<Turnstile> registry, Object key) {
        assertThatThrownBy(() -> forKey(registry, key).call(() -> {
                    throw new IOException("on purpose");
                }))
                .isInstanceOf(IOException.class);
    }

    // ---- dispatch

    @Test
    void aCallGoesThroughTheInstanceOfItsKey() {
        fail(hosts, "a");
        assertThat(hosts.get("a").debts).hasValue(1);
        assertThat(hosts.get("b").debts).hasValue(0);
        assertThat(hosts.get("a").name()).isEqualTo("hosts[a]");
    }

    @Test
    void allFormsOfCallsAreDispatched() throws Exception {
        Guard a = forKey(hosts, "a");
        Turnstile instance = hosts.get("a");
        Meters meters = new Meters(hosts);
        assertThat(a.call(() -> "sync")).isEqualTo("sync");
        assertThat(a.callAsync(() -> CompletableFuture.completedFuture("async")).get())
                .isEqualTo("async");
        assertThat(a.tryCall(() -> "try").get()).isEqualTo("try");
        assertThat(a.submit(Runnable::run, () -> "submitted").get()).isEqualTo("submitted");
        assertThat(meters.read("turnstile.admitted")).isEqualTo(4);
        instance.reconfigure(new Config(1));
        a.run(() -> assertThat(Objects.requireNonNull(a.tryCall(() -> "full").rejection())
                        .reason())
                .isEqualTo(RejectionReason.FULL));
    }

    @Test
    void inAPipelineTheRestOfItIsInside() {
        Turnstile inner = Turnstile.of("inner");
        Pipeline pipeline = Pipeline.of("all", hosts, inner);
        pipeline.with(ctx -> ctx.key("a"))
                .run(() -> assertThat(List.of(hosts.get("a").inside.get(), inner.inside.get()))
                        .containsExactly(1, 1));
        assertThat(hosts.get("a").inside).hasValue(0);
    }

    @Test
    void instancesMayBePipelines() {
        KeyedRegistry<Pipeline> pipelines = KeyedRegistry.of(
                "hosts", name -> Pipeline.of(name, Turnstile.of(name + ".outer"), Turnstile.of(name + ".inner")));
        Meters meters = new Meters(pipelines);
        Turnstile last = Turnstile.of("last");
        Pipeline.of("all", pipelines, last)
                .with(ctx -> ctx.key("a"))
                .run(() -> assertThat(last.inside).hasValue(1));
        assertThat(meters.read("turnstile.admitted", "hosts.outer")).isEqualTo(1);
        assertThat(meters.read("turnstile.admitted", "hosts.inner")).isEqualTo(1);
    }

    @Test
    void aCallWithoutAKeyIsRejectedUnlessAllowed() {
        assertThatThrownBy(() -> hosts.call(() -> "no key"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the call has no key, by which 'hosts' would choose its instance");
        assertThat(hosts.callAsync(() -> CompletableFuture.completedFuture("no key")))
                .isCompletedExceptionally();
        KeyedRegistry<Turnstile> lenient = KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
                .keyRequired(false)
                .build();
        lenient.run(() -> assertThat(lenient.shared().inside).hasValue(1));
    }

    @Test
    void aKeyIsNotInheritedByCallsInside() {
        forKey(hosts, "a")
                .run(() ->
                        assertThatThrownBy(() -> hosts.call(() -> "no key")).isInstanceOf(IllegalStateException.class));
    }

    @Test
    void instancesMayDependOnTheirKeys() {
        KeyedRegistry<Turnstile> byPlan = KeyedRegistry.builder(
                        "tenants", (name, key) -> Turnstile.of(name, new Config("gold".equals(key) ? 100 : 1)))
                .build();
        assertThat(byPlan.get("gold").config().limit()).isEqualTo(100);
        assertThat(byPlan.get("tin").config().limit()).isEqualTo(1);
        assertThat(byPlan.shared().config().limit()).isEqualTo(1);
        assertThat(byPlan.shared().name()).isEqualTo("tenants[shared]");
    }

    @Test
    void aFactoryThatCannotMakeInstancesIsFoundWhenTheRegistryIsBuilt() {
        assertThatThrownBy(() -> KeyedRegistry.<Turnstile>of("hosts", name -> null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("what the factory made of 'hosts[shared]' must not be null");
    }

    @Test
    void aFactoryThatFailsForOneKeyTakesNoPlace() {
        AtomicInteger asked = new AtomicInteger();
        KeyedRegistry<Turnstile> registry = KeyedRegistry.<Turnstile>builder("hosts", name -> {
                    if (asked.incrementAndGet() == 2) {
                        throw new IllegalStateException("not yet");
                    }
                    return Turnstile.of(name);
                })
                .maxInstances(1)
                .build();
        assertThatThrownBy(() -> registry.get("a")).hasMessage("not yet");
        assertThat(registry.get("a")).isNotSameAs(registry.shared());
    }

    @Test
    void aFactoryMayAskTheRegistryItself() {
        AtomicReference<KeyedRegistry<Turnstile>> self = new AtomicReference<>();
        KeyedRegistry<Turnstile> registry = KeyedRegistry.of("hosts", name -> {
            if (name.equals("hosts[outer]")) {
                self.get().get("inner");
            }
            return Turnstile.of(name);
        });
        self.set(registry);
        registry.get("outer");
        assertThat(registry.find("inner")).isPresent();
    }

    // ---- eviction

    @Test
    void anIdleInstanceMakesRoomForANewKey() {
        fail(hosts, "busy");
        Turnstile busy = hosts.get("busy");
        hosts.get("idle");
        Turnstile third = hosts.get("third");
        assertThat(third.name()).isEqualTo("hosts[third]");
        assertThat(hosts.find("idle")).isEmpty();
        assertThat(hosts.find("busy")).containsSame(busy);
        assertThat(hosts.all()).containsExactlyInAnyOrder(busy, third, hosts.shared());
    }

    @Test
    void anInstanceWithAPermitOutOrADebtIsNeverEvicted() {
        fail(hosts, "debtor");
        forKey(hosts, "inside").run(() -> {
            for (int i = 0; i < 100; i++) {
                assertThat(hosts.get("key " + i)).isSameAs(hosts.shared());
            }
        });
        assertThat(hosts.find("debtor")).isPresent();
        assertThat(hosts.find("inside")).isPresent();
    }

    @Test
    void keysWithoutRoomShareOneInstanceUntilThereIsRoom() {
        fail(hosts, "a");
        fail(hosts, "b");
        fail(hosts, "c");
        fail(hosts, "d");
        assertThat(hosts.shared().debts).hasValue(2);
        hosts.get("a").debts.set(0);
        assertThat(hosts.get("c")).isNotSameAs(hosts.shared());
    }

    @Test
    void whatWasUsedLastIsKept() {
        KeyedRegistry<Turnstile> four = of(4);
        for (String key : List.of("a", "b", "c", "d", "e")) {
            four.get(key);
        }
        // Making room for e took the marks of all; a is gone.
        assertThat(four.find("a")).isEmpty();
        four.get("b");
        four.get("d");
        four.get("f");
        assertThat(four.find("c")).isEmpty();
        assertThat(four.find("b")).isPresent();
        assertThat(four.find("d")).isPresent();
    }

    @Test
    void anEvictedInstanceThatSomebodyHoldsIsTheOneThatComesBack() {
        Turnstile held = hosts.get("a");
        hosts.get("b");
        hosts.get("c");
        hosts.get("d");
        assertThat(hosts.find("a")).isEmpty();
        assertThat(hosts.get("a")).isSameAs(held);
    }

    @Test
    void anEvictedInstanceThatNobodyHoldsIsCollectedAndItsPlaceForgotten() throws Exception {
        WeakReference<Turnstile> gone = new WeakReference<>(hosts.get("a"));
        for (int i = 0; i < 20; i++) {
            hosts.get("other " + i);
        }
        for (int i = 0; i < 50 && gone.get() != null; i++) {
            System.gc();
            Thread.onSpinWait();
        }
        assertThat(gone.get()).isNull();
        assertThat(hosts.get("a").name()).isEqualTo("hosts[a]");
    }

    @Test
    void whatACallLeavesInAnInstanceThatWasEvictedUnderItIsKept() {
        AtomicInteger asked = new AtomicInteger();
        // As if the thread was held up between looking the instance up and entering it: the registry evicts it just
        // then.
        KeyedRegistry<Slow> slow = KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
        Slow first = slow.get("a");
        first.beforeEntry = () -> {
            if (asked.getAndIncrement() == 0) {
                assertThat(slow.get("b")).isNotSameAs(slow.shared());
                assertThat(slow.find("a")).isEmpty();
            }
        };
        assertThatThrownBy(() -> slow.with(ctx -> ctx.key("a")).call(() -> {
                    throw new IOException("on purpose");
                }))
                .isInstanceOf(IOException.class);
        assertThat(slow.find("a")).containsSame(first);
        assertThat(first.turnstile.debts).hasValue(1);
        first.beforeEntry = () -> {};
        // It exceeds the limit by one, and so the next that can go goes.
        assertThat(slow.get("c")).isSameAs(slow.shared());
        assertThat(slow.find("b")).isEmpty();
    }

    @Test
    void anAsyncCallInAnInstanceThatWasEvictedUnderItKeepsIt() {
        KeyedRegistry<Slow> slow = KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
        Slow first = slow.get("a");
        first.beforeEntry = () -> slow.get("b");
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = slow.with(ctx -> ctx.key("a")).callAsync(() -> stage);
        assertThat(slow.find("a")).containsSame(first);
        assertThat(first.turnstile.inside).hasValue(1);
        stage.complete("done");
        assertThat(call).isCompletedWithValue("done");
        assertThat(first.turnstile.inside).hasValue(0);
    }

    @Test
    void whatAnAsyncCallLeavesAtItsEndIsKeptEvenIfItsPolicyWasIdleMeanwhile() {
        KeyedRegistry<Slow> slow = KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
        Slow first = slow.get("a");
        first.countsCallsInside = false;
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = slow.with(ctx -> ctx.key("a")).callAsync(() -> stage);
        slow.get("b");
        slow.get("c");
        assertThat(slow.find("a")).isEmpty();
        stage.completeExceptionally(new IOException("on purpose"));
        assertThat(call).isCompletedExceptionally();
        assertThat(first.turnstile.debts).hasValue(1);
        assertThat(slow.find("a")).containsSame(first);
    }

    @Test
    void whatACallThatReportsItsRejectionAsAValueLeavesIsKeptToo() {
        KeyedRegistry<Slow> slow = KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
        Slow first = slow.get("a");
        first.beforeEntry = () -> slow.get("b");
        assertThatThrownBy(() -> slow.with(ctx -> ctx.key("a")).tryCall(() -> {
                    throw new IOException("on purpose");
                }))
                .isInstanceOf(IOException.class);
        assertThat(slow.find("a")).containsSame(first);
        assertThat(slow.all()).contains(first);
    }

    @Test
    void anEvictedInstanceThatOwesSomethingComesBackEvenIfThereIsNoRoom() {
        Turnstile held = hosts.get("a");
        fail(hosts, "b");
        fail(hosts, "c");
        assertThat(hosts.find("a")).isEmpty();
        assertThat(hosts.get("a")).as("it owes nothing, and there is no room").isSameAs(hosts.shared());
        held.debts.set(1);
        assertThat(hosts.get("a")).isSameAs(held);
        assertThat(hosts.all()).contains(held);
    }

    @Test
    void anInstanceThatIsEnteredWhileItIsBeingEvictedStays() {
        KeyedRegistry<Slow> slow = KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
        Slow first = slow.get("a");
        first.afterIdleCheck = () -> first.turnstile.debts.set(1);
        assertThat(slow.get("b")).isSameAs(slow.shared());
        assertThat(slow.find("a")).containsSame(first);
        first.turnstile.debts.set(0);
        assertThat(slow.get("b")).isNotSameAs(slow.shared());
    }

    @Test
    void aRemovedInstanceIsForgottenIdleOrNot() {
        fail(hosts, "a");
        Turnstile before = hosts.get("a");
        assertThat(hosts.remove("a")).containsSame(before);
        assertThat(hosts.remove("a")).isEmpty();
        assertThat(hosts.get("a")).isNotSameAs(before);
        hosts.get("b");
        assertThat(hosts.all()).hasSize(3);
    }

    @Test
    void anInstanceThatComesBackIsNotTheNextToGo() {
        Turnstile held = hosts.get("a");
        hosts.get("b");
        hosts.get("c");
        assertThat(hosts.find("a")).isEmpty();
        assertThat(hosts.get("a")).isSameAs(held);
        hosts.get("d");
        assertThat(hosts.find("a")).containsSame(held);
        assertThat(hosts.find("c")).isEmpty();
    }

    @Test
    void aKeyThatIsAskedForWhileTheOnlyPlaceIsBeingFilledSharesTheInstance() {
        AtomicReference<KeyedRegistry<Turnstile>> self = new AtomicReference<>();
        KeyedRegistry<Turnstile> one = KeyedRegistry.<Turnstile>builder("hosts", name -> {
                    if (name.equals("hosts[outer]")) {
                        assertThat(self.get().get("inner")).isSameAs(self.get().shared());
                    }
                    return Turnstile.of(name);
                })
                .maxInstances(1)
                .build();
        self.set(one);
        Turnstile outer = one.get("outer");
        assertThat(one.all()).containsExactlyInAnyOrder(outer, one.shared());
    }

    @Test
    void aCallThatTakesTheEvictionBackBeforeItWasToldIsWatchedOn() {
        KeyedRegistry<Slow> slow = ofOneSlow();
        Slow first = slow.get("a");
        // The first look finds it idle; at the second, it is evicted, and owes something a moment later.
        first.afterIdleCheck = () -> first.afterIdleCheck = () -> {
            first.turnstile.debts.set(1);
            assertThat(slow.get("a")).isSameAs(first);
        };
        slow.get("b");
        assertThat(slow.find("a")).containsSame(first);
        assertThat(slow.all()).contains(first);
    }

    @Test
    void anInstanceThatIsRemovedWhileItIsBeingEvictedGivesItsPlaceBackOnce() {
        KeyedRegistry<Slow> slow = ofOneSlow();
        slow.get("a").afterIdleCheck = () -> slow.remove("a");
        slow.get("b");
        slow.get("b");
        slow.get("c");
        assertThat(slow.all()).as("one, and the shared one").hasSize(2);
    }

    @Test
    void anEvictedInstanceThatIsRemovedWhileItComesBackIsMadeAnew() {
        KeyedRegistry<Slow> slow = ofOneSlow();
        Slow first = slow.get("a");
        Slow second = slow.get("b");
        assertThat(slow.find("a")).isEmpty();
        second.afterIdleCheck = () -> slow.remove("a");
        assertThat(slow.get("a")).isNotIn(first, second, slow.shared());
    }

    private static KeyedRegistry<Slow> ofOneSlow() {
        return KeyedRegistry.<Slow>builder("hosts", name -> new Slow(Turnstile.of(name)))
                .maxInstances(1)
                .build();
    }

    @Test
    void theKeyOfAnEvictedInstanceThatNobodyHoldsIsForgotten() {
        WeakReference<Object> key = usedOnce(hosts);
        for (int i = 0; i < 200 && key.get() != null; i++) {
            System.gc();
            hosts.get("other " + i);
        }
        assertThat(key.get()).isNull();
    }

    private static WeakReference<Object> usedOnce(KeyedRegistry<Turnstile> registry) {
        Object key = new Object();
        registry.get(key);
        return new WeakReference<>(key);
    }

    @Test
    void aCallWhoseInstanceIsRemovedJustBeforeItGoesThroughAnother() throws Exception {
        for (String form : List.of("sync", "try", "async")) {
            KeyedRegistry<Turnstile> registry = of(2);
            AtomicInteger removed = new AtomicInteger();
            registry.watch(turnstile -> {
                if (turnstile != registry.shared() && removed.getAndIncrement() == 0) {
                    registry.remove("a");
                }
                return () -> {};
            });
            Guard a = forKey(registry, "a");
            String result = switch (form) {
                case "sync" -> a.call(() -> "done");
                case "try" -> a.tryCall(() -> "done").get();
                default ->
                    a.callAsync(() -> CompletableFuture.completedFuture("done")).get();
            };
            assertThat(result).as(form).isEqualTo("done");
            assertThat(removed).as(form).hasValue(2);
            assertThat(registry.find("a")).as(form).isPresent();
        }
    }

    // ---- ends

    @Test
    void whatAnIdleCheckThrowsDoesNotTakeThePlaceOfTheOutcome() throws Exception {
        for (String form : List.of("sync", "try", "async")) {
            KeyedRegistry<Slow> slow = ofOneSlow();
            Slow first = slow.get("a");
            first.beforeEntry = () -> {
                slow.get("b");
                first.afterIdleCheck = () -> {
                    throw new StackOverflowError("isIdle throws");
                };
            };
            Guard a = slow.with(ctx -> ctx.key("a"));
            String result = switch (form) {
                case "sync" -> a.call(() -> "done");
                case "try" -> a.tryCall(() -> "done").get();
                default ->
                    a.callAsync(() -> CompletableFuture.completedFuture("done")).get();
            };
            assertThat(result).as(form).isEqualTo("done");
            assertThat(slow.get("b")).as(form).isNotSameAs(slow.shared());
        }
    }

    @Test
    void aKeyWhoseMethodsThrowFailsItsOwnCallOnly() {
        hosts.get("a");
        Object broken = new Object() {
            @Override
            public int hashCode() {
                throw new IllegalStateException("hashCode throws");
            }
        };
        assertThatThrownBy(() -> forKey(hosts, broken).call(() -> "done")).hasMessage("hashCode throws");
        assertThat(forKey(hosts, broken).callAsync(() -> CompletableFuture.completedFuture("done")))
                .isCompletedExceptionally();
        assertThat(hosts.get("a")).isNotSameAs(hosts.shared());
        assertThat(hosts.get("b")).isNotSameAs(hosts.shared());
    }

    @Test
    void aKeyThatThrowsOnceItIsKnownHurtsNoOtherKey() {
        class Moody {
            private boolean throwing;

            @Override
            public boolean equals(Object other) {
                return this == other;
            }

            @Override
            public int hashCode() {
                if (throwing) {
                    throw new IllegalStateException("hashCode throws");
                }
                return 7;
            }
        }
        List<Moody> keys = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Moody key = new Moody();
            keys.add(key);
            hosts.get(key);
        }
        keys.forEach(key -> key.throwing = true);
        for (int i = 0; i < 1_000; i++) {
            assertThat(hosts.get("key " + i)).isNotSameAs(hosts.shared());
        }
        assertThat(hosts.all()).hasSize(3);
    }

    @Test
    void aRemovedInstanceIsCollectableWhoeverWatches() {
        KeyedRegistry<Turnstile> watched = of(100);
        Meters meters = new Meters(watched);
        watched.watch(turnstile -> () -> {});
        List<WeakReference<Turnstile>> gone = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            gone.add(new WeakReference<>(watched.get(i)));
            watched.remove(i);
        }
        for (int i = 0; i < 100 && gone.stream().anyMatch(each -> each.get() != null); i++) {
            System.gc();
        }
        assertThat(gone).allSatisfy(each -> assertThat(each.get()).isNull());
        assertThat(meters.read("turnstile.inside")).isZero();
    }

    @Test
    void instancesThatAreRemovedLeaveNothingInTheHand() {
        for (int i = 0; i < 100_000; i++) {
            hosts.get(i);
            hosts.remove(i);
        }
        assertThat(hosts.entries()).isZero();
        assertThat(hosts.queued()).isLessThan(100);
    }

    // ---- changes

    @Test
    void aChangeReachesEveryInstanceNowAndLater() {
        Turnstile before = hosts.get("a");
        hosts.apply(turnstile -> turnstile.reconfigure(new Config(3)));
        assertThat(before.config().limit()).isEqualTo(3);
        assertThat(hosts.shared().config().limit()).isEqualTo(3);
        assertThat(hosts.get("b").config().limit()).isEqualTo(3);
    }

    @Test
    void aChangeReachesAnEvictedInstanceWhenItComesBack() {
        Turnstile held = hosts.get("a");
        for (String key : List.of("b", "c", "d")) {
            hosts.get(key);
        }
        hosts.apply(turnstile -> turnstile.reconfigure(new Config(3)));
        assertThat(held.config().limit()).isEqualTo(10);
        assertThat(hosts.get("a")).isSameAs(held);
        assertThat(held.config().limit()).isEqualTo(3);
    }

    @Test
    void aChangeThatOneInstanceRejectsIsTakenBackFromTheOthers() {
        Turnstile a = hosts.get("a");
        Turnstile b = hosts.get("b");
        assertThatThrownBy(
                        () -> hosts.apply(turnstile -> turnstile.reconfigure(new Config(turnstile == a ? 1_000 : 4))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(b.config().limit()).isEqualTo(10);
        assertThat(a.config().limit()).isEqualTo(10);
        assertThat(hosts.shared().config().limit()).isEqualTo(10);
    }

    @Test
    void aChangeThatThrowsLeavesTheOneBeforeInForce() {
        Turnstile a = hosts.get("a");
        hosts.apply(turnstile -> turnstile.reconfigure(new Config(3)));
        assertThatThrownBy(() -> hosts.apply(turnstile -> {
                    turnstile.reconfigure(new Config(4));
                    if (turnstile == a) {
                        throw new IllegalStateException("on purpose");
                    }
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(a.config().limit()).isEqualTo(3);
        assertThat(hosts.shared().config().limit()).isEqualTo(3);
        assertThat(hosts.get("b").config().limit()).isEqualTo(3);
        hosts.apply(turnstile -> turnstile.reconfigure(new Config(5)));
        assertThat(a.config().limit()).isEqualTo(5);
        assertThat(hosts.get("b").config().limit()).isEqualTo(5);
    }

    @Test
    void aFirstChangeThatThrowsIsForgotten() {
        Turnstile a = hosts.get("a");
        assertThatThrownBy(() -> hosts.apply(turnstile -> {
                    turnstile.reconfigure(new Config(4));
                    throw new IllegalStateException("on purpose");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(a.config().limit()).isEqualTo(10);
        assertThat(hosts.shared().config().limit()).isEqualTo(10);
        assertThat(hosts.get("b").config().limit()).isEqualTo(10);
    }

    @Test
    void anInstanceThatIsMadeDuringAChangeThatThrowsIsAsItWasBefore() {
        Turnstile shared = hosts.shared();
        List<Turnstile> made = new ArrayList<>();
        assertThatThrownBy(() -> hosts.apply(turnstile -> {
                    turnstile.reconfigure(new Config(4));
                    if (turnstile == shared) {
                        made.add(hosts.get("meanwhile"));
                        throw new IllegalStateException("on purpose");
                    }
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(made).singleElement().satisfies(one -> {
            assertThat(one).isSameAs(hosts.get("meanwhile"));
            assertThat(one.config().limit()).isEqualTo(10);
        });
    }

    @Test
    void anErrorOfOneInstanceDoesNotKeepAChangeFromTheOthers() {
        hosts.get("a");
        hosts.get("b");
        AtomicInteger changed = new AtomicInteger();
        StackOverflowError same = new StackOverflowError("on purpose");
        assertThatThrownBy(() -> hosts.apply(turnstile -> {
                    changed.incrementAndGet();
                    throw same;
                }))
                .isSameAs(same);
        assertThat(changed).hasValue(3);
    }

    @Test
    void aChangeThatSeveralInstancesRejectTellsOfAllOfThemWhateverWasEvicted() {
        List<Turnstile> evicted = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            evicted.add(hosts.get("evicted " + i));
        }
        hosts.get("a");
        hosts.get("b");
        assertThatThrownBy(() -> hosts.apply(
                        turnstile -> turnstile.reconfigure(new Config(turnstile == hosts.shared() ? 4 : 1_000))))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
        assertThat(hosts.shared().config().limit()).isEqualTo(10);
        assertThat(evicted).hasSize(20);
    }

    // ---- meters and events

    @Test
    void metersArePutTogetherUnderTheRegistrysName() {
        Meters meters = new Meters(hosts);
        forKey(hosts, "a")
                .run(() -> forKey(hosts, "b").run(() -> {
                    assertThat(meters.read("turnstile.inside")).isEqualTo(2);
                    assertThat(meters.read("turnstile.load")).isEqualTo(10);
                }));
        assertThat(meters.read("turnstile.admitted")).isEqualTo(2);
        assertThat(meters.read("registry.instances")).isEqualTo(2);
        assertThat(meters.values().keySet())
                .allSatisfy(id -> assertThat(id.tags()).isEqualTo(Map.of("name", "hosts")));
    }

    @Test
    void countsStayWhenInstancesGoAndAreNotCountedTwiceWhenTheyComeBack() {
        Meters meters = new Meters(hosts);
        Turnstile held = hosts.get("a");
        for (int i = 0; i < 10; i++) {
            forKey(hosts, "a").run(() -> {});
            forKey(hosts, "b" + i).run(() -> {});
            forKey(hosts, "c" + i).run(() -> {});
            assertThat(meters.read("turnstile.admitted")).isEqualTo(3 * (i + 1));
        }
        assertThat(meters.read("registry.evictions")).isGreaterThan(10);
        assertThat(held.isIdle()).isTrue();
    }

    @Test
    void durationsOfAllInstancesReachWhoeverAttaches() {
        hosts.get("a");
        List<Long> durations = new ArrayList<>();
        hosts.describe(new Meters.Sink() {
            @Override
            public void timer(MeterId id, Recorder recorder) {
                recorder.attach(durations::add);
            }
        });
        forKey(hosts, "a").run(() -> {});
        forKey(hosts, "b").run(() -> {});
        assertThat(durations).hasSize(2);
    }

    @Test
    void describingStartsNoCounter() {
        hosts.describe(new MeterReadings());
        forKey(hosts, "a").run(() -> {});
        MeterReadings readings = new MeterReadings();
        hosts.describe(readings);
        assertThat(readings.values())
                .containsEntry(MeterId.of("turnstile.admitted", "hosts", "Calls let in", "calls"), 0.0);
    }

    @Test
    void metersMayBeKeptApart() {
        KeyedRegistry<Turnstile> apart = KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
                .metersPerKey(true)
                .build();
        apart.get("a");
        Meters meters = new Meters(apart);
        forKey(apart, "a").run(() -> {});
        assertThat(meters.read("turnstile.admitted", "hosts[a]")).isEqualTo(1);
    }

    @Test
    void callsInTheSharedInstanceAreCounted() {
        Meters meters = new Meters(hosts);
        fail(hosts, "a");
        fail(hosts, "b");
        fail(hosts, "c");
        assertThat(meters.read("registry.shared.calls")).isEqualTo(1);
    }

    @Test
    void aListenerHearsAllInstancesThoseMadeLaterAmongThem() {
        List<String> heard = new ArrayList<>();
        hosts.get("a");
        var subscription = hosts.subscribe(PolicyEvent.CallEnded.class, ended -> heard.add(ended.policy()));
        forKey(hosts, "a").run(() -> {});
        forKey(hosts, "b").run(() -> {});
        subscription.close();
        forKey(hosts, "a").run(() -> {});
        assertThat(heard).containsExactly("hosts[a]", "hosts[b]");
    }

    @Test
    void aWatcherSeesEvictions() {
        List<String> log = new ArrayList<>();
        hosts.watch(turnstile -> {
            log.add("+" + turnstile.name());
            return () -> log.add("-" + turnstile.name());
        });
        hosts.get("a");
        hosts.get("b");
        hosts.get("c");
        assertThat(log).containsExactly("+hosts[shared]", "+hosts[a]", "+hosts[b]", "-hosts[a]", "+hosts[c]");
    }

    @Test
    void saysWhatItHolds() {
        hosts.get("a");
        assertThat(hosts.name()).isEqualTo("hosts");
        assertThat(hosts.explain()).isEqualTo("'hosts' has 1 of at most 2 instances, and one to share");
        assertThat(hosts).hasToString("KeyedRegistry['hosts' has 1 of at most 2 instances, and one to share]");
        assertThat(hosts.isIdle()).isTrue();
        forKey(hosts, "a").run(() -> assertThat(hosts.isIdle()).isFalse());
        assertThat(hosts.timeSource()).isSameAs(PolicyAccess.timeSource(hosts.shared()));
    }

    // ---- many threads

    @Test
    void underManyThreadsNeitherDebtsNorRoomAreLost() throws Exception {
        long seed = new Random().nextLong();
        KeyedRegistry<Turnstile> crowded = of(8);
        int keys = 40;
        AtomicInteger owed = new AtomicInteger();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(seed + t);
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 20_000; i++) {
                    Integer key = random.nextInt(keys);
                    boolean fails = random.nextInt(20) == 0;
                    try {
                        crowded.with(ctx -> ctx.key(key)).call(() -> {
                            if (fails) {
                                throw new IOException("on purpose");
                            }
                            return "ok";
                        });
                    } catch (IOException expected) {
                        owed.incrementAndGet();
                    }
                    if (random.nextInt(10) == 0) {
                        // Debts are paid, so that instances become idle again.
                        Turnstile turnstile = crowded.get(key);
                        owed.addAndGet(-turnstile.debts.getAndSet(0));
                    }
                }
            });
            thread.setUncaughtExceptionHandler((its, failure) -> failures.add(failure));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).as("seed %s", seed).isEmpty();
        int left = crowded.all().stream()
                .mapToInt(turnstile -> turnstile.debts.get())
                .sum();
        assertThat(left).as("debts, seed %s", seed).isEqualTo(owed.get());
        assertThat(crowded.all())
                .as("instances, seed %s", seed)
                .allSatisfy(turnstile -> assertThat(turnstile.inside).hasValue(0));
        // Room for a new key can be made once everything is paid, and no more instances are left than allowed.
        crowded.all().forEach(turnstile -> turnstile.debts.set(0));
        assertThatCode(() -> {
                    for (int i = 0; i < 100; i++) {
                        crowded.get("new " + i);
                    }
                })
                .doesNotThrowAnyException();
        assertThat(crowded.all().size()).isLessThanOrEqualTo(9);
        assertThat(crowded.get("last")).isNotSameAs(crowded.shared());
    }

    /** A policy whose callers, and whose evictor, may be held up at the worst moment. */
    private static final class Slow extends Policy {

        private final Turnstile turnstile;
        private volatile Runnable beforeEntry = () -> {};
        private volatile Runnable afterIdleCheck = () -> {};
        private volatile boolean countsCallsInside = true;

        Slow(Turnstile turnstile) {
            this.turnstile = turnstile;
        }

        @Override
        public String name() {
            return turnstile.name();
        }

        @Override
        public boolean isIdle() {
            boolean idle = countsCallsInside ? turnstile.isIdle() : turnstile.debts.get() == 0;
            Runnable once = afterIdleCheck;
            afterIdleCheck = () -> {};
            once.run();
            return idle;
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            beforeEntry.run();
            return PolicyAccess.around(turnstile, context, now, inner, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            beforeEntry.run();
            return PolicyAccess.aroundAsync(turnstile, context, now, inner, body);
        }
    }

    /** Goes on reading, and so starts counters, as a metrics library does. */
    private static final class Meters {

        private final Map<MeterId, DoubleSupplier> suppliers = new ConcurrentHashMap<>();

        Meters(Policy policy) {
            PolicyAccess.describe(policy, new Sink() {
                @Override
                public void counter(MeterId id, LongSupplier count) {
                    assertThat(count).isInstanceOf(CallCounter.class);
                    ((CallCounter) count).start();
                    suppliers.put(id, count::getAsLong);
                }

                @Override
                public void gauge(MeterId id, DoubleSupplier value) {
                    suppliers.put(id, value);
                }
            });
        }

        Map<MeterId, DoubleSupplier> values() {
            return suppliers;
        }

        double read(String meter) {
            return read(meter, "hosts");
        }

        double read(String meter, String name) {
            return suppliers.entrySet().stream()
                    .filter(each -> each.getKey().name().equals(meter)
                            && name.equals(each.getKey().tags().get("name")))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(meter + " of " + name + " is not in " + suppliers.keySet()))
                    .getValue()
                    .getAsDouble();
        }

        private abstract static class Sink implements MeterSink {
            @Override
            public void counter(MeterId id, LongSupplier count) {}

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {}

            @Override
            public void timer(MeterId id, Recorder recorder) {}
        }
    }
}
