package dev.mainstay.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.registry.Turnstile.Config;
import dev.mainstay.time.LogOf;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RegistryTest {

    private final Registry<Turnstile, Config> registry = Registry.builder(Turnstile::of, new Config(1))
            .config("wide", new Config(5))
            .maxInstances(3)
            .build();

    @Test
    void givesTheSameInstanceForTheSameName() {
        Turnstile front = registry.get("front");
        assertThat(registry.get("front")).isSameAs(front);
        assertThat(registry.get("back")).isNotSameAs(front);
        assertThat(front.name()).isEqualTo("front");
        assertThat(registry.find("front")).containsSame(front);
        assertThat(registry.find("side")).isEmpty();
        assertThat(registry.all()).containsExactlyInAnyOrder(front, registry.get("back"));
    }

    @Test
    void instancesHaveTheConfigThatWasNamed() {
        assertThat(registry.get("front").config().limit()).isEqualTo(1);
        assertThat(registry.get("gate", "wide").config().limit()).isEqualTo(5);
        assertThat(registry.get("gate")).isSameAs(registry.get("gate", "wide"));
        assertThat(registry.findConfig("wide")).contains(new Config(5));
        assertThat(registry.findConfig("narrow")).isEmpty();
    }

    @Test
    void rejectsAConfigThatNobodyNamed() {
        assertThatThrownBy(() -> registry.get("front", "narrow"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("configName is 'narrow' but must be one of [default, wide]");
        assertThatThrownBy(() -> registry.reconfigure("narrow", new Config(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneNameCannotHaveTwoConfigs() {
        registry.get("front");
        assertThatThrownBy(() -> registry.get("front", "wide"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("'front' has the config 'default' already, and cannot have 'wide', too");
    }

    @Test
    void reconfiguresAllInstancesOfAConfigAndThoseMadeLater() {
        Turnstile front = registry.get("front");
        Turnstile gate = registry.get("gate", "wide");
        registry.reconfigure("wide", new Config(7));
        assertThat(gate.config().limit()).isEqualTo(7);
        assertThat(front.config().limit()).isEqualTo(1);
        assertThat(registry.get("later", "wide").config().limit()).isEqualTo(7);
    }

    @Test
    void aConfigThatAnInstanceRejectsChangesNothing() {
        Turnstile gate = registry.get("gate", "wide");
        assertThatThrownBy(() -> registry.reconfigure("wide", new Config(1_000)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(gate.config().limit()).isEqualTo(5);
        assertThat(registry.get("later", "wide").config().limit()).isEqualTo(5);
    }

    @Test
    void anInstanceThatIsMadeWhileItsConfigChangesGetsTheNewOne() {
        AtomicReference<Registry<Turnstile, Config>> self = new AtomicReference<>();
        Registry<Turnstile, Config> changing = Registry.builder(
                        (String name, Config config) -> {
                            Turnstile made = Turnstile.of(name, config);
                            self.get().reconfigure(Registry.DEFAULT_CONFIG, new Config(9));
                            return made;
                        },
                        new Config(1))
                .build();
        self.set(changing);
        assertThat(changing.get("front").config().limit()).isEqualTo(9);
    }

    @Test
    void holdsNoMoreInstancesThanAllowed() {
        registry.get("a");
        registry.get("b");
        registry.get("c");
        assertThatThrownBy(() -> registry.get("d"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("holds 3 instances, which is its maxInstances, so 'd' cannot be made");
        assertThat(registry.get("a")).isNotNull();
        registry.remove("a");
        assertThat(registry.get("d").name()).isEqualTo("d");
    }

    @Test
    void aFactoryThatFailsTakesNoPlace() {
        AtomicInteger asked = new AtomicInteger();
        Registry<Turnstile, Config> failing = Registry.builder(
                        (String name, Config config) -> {
                            if (asked.incrementAndGet() == 1) {
                                throw new IllegalStateException("not yet");
                            }
                            return asked.get() == 2 ? null : Turnstile.of(name, config);
                        },
                        new Config(1))
                .maxInstances(1)
                .build();
        assertThatThrownBy(() -> failing.get("a")).hasMessage("not yet");
        assertThatThrownBy(() -> failing.get("a"))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("what the factory made of 'a' must not be null");
        assertThat(failing.get("a").name()).isEqualTo("a");
    }

    @Test
    void aFactoryMayAskTheRegistryItself() {
        AtomicReference<Registry<Turnstile, Config>> self = new AtomicReference<>();
        Registry<Turnstile, Config> nested = Registry.builder(
                        (String name, Config config) -> {
                            if (name.equals("outer")) {
                                self.get().get("inner");
                            }
                            return Turnstile.of(name, config);
                        },
                        new Config(1))
                .build();
        self.set(nested);
        nested.get("outer");
        assertThat(nested.all()).extracting(Turnstile::name).containsExactlyInAnyOrder("outer", "inner");
    }

    @Test
    void aWatcherSeesInstancesComeAndGo() {
        List<String> log = new ArrayList<>();
        registry.get("a");
        var watch = registry.watch(turnstile -> {
            log.add("+" + turnstile.name());
            return () -> log.add("-" + turnstile.name());
        });
        registry.get("b");
        registry.remove("a");
        registry.remove("a");
        assertThat(log).containsExactly("+a", "+b", "-a");
        watch.close();
        assertThat(log).containsExactly("+a", "+b", "-a", "-b");
        registry.get("c");
        assertThat(log).hasSize(4);
    }

    @Test
    void aWatcherThatThrowsChangesNothing() {
        registry.watch(turnstile -> {
            throw new IllegalStateException("a watcher that throws");
        });
        assertThat(registry.get("a").name()).isEqualTo("a");
    }

    @Test
    void ofAWatcherThatThrowsTheLogTellsOnce() {
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            registry.watch(turnstile -> {
                throw new IllegalStateException("no " + turnstile.name());
            });
            registry.get("a");
            registry.get("b");
            assertThat(log.failures()).containsExactly("no a");
        }
    }

    @Test
    void aWatcherHearsOfOneInstanceAfterTheOther() {
        List<String> log = new ArrayList<>();
        registry.get("a");
        registry.watch(turnstile -> {
            log.add("begin " + turnstile.name());
            if (turnstile.name().equals("b")) {
                registry.get("c");
            }
            log.add("end " + turnstile.name());
            return () -> {};
        });
        registry.get("b");
        assertThat(log).containsExactly("begin a", "end a", "begin b", "end b", "begin c", "end c");
    }

    @Test
    void threadsThatAskAtTheSameTimeGetOneInstance() throws Exception {
        for (int round = 0; round < 200; round++) {
            Registry<Turnstile, Config> fresh = Registry.builder(Turnstile::of, new Config(1))
                    .maxInstances(4)
                    .build();
            Set<Turnstile> seen = ConcurrentHashMap.newKeySet();
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread thread = new Thread(() -> {
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        return;
                    }
                    seen.add(fresh.get("front"));
                });
                thread.start();
                threads.add(thread);
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(seen).hasSize(1);
            fresh.get("b");
            fresh.get("c");
            assertThat(fresh.get("d").name())
                    .as("no place was lost to the losers")
                    .isEqualTo("d");
        }
    }

    @Test
    void aFactoryThatAsksForItsOwnNameGetsWhatItMadeThen() {
        AtomicReference<Registry<Turnstile, Config>> self = new AtomicReference<>();
        AtomicReference<Turnstile> inner = new AtomicReference<>();
        AtomicInteger asked = new AtomicInteger();
        Registry<Turnstile, Config> nested = Registry.builder(
                        (String name, Config config) -> {
                            if (asked.incrementAndGet() == 1) {
                                inner.set(self.get().get(name));
                            }
                            return Turnstile.of(name, config);
                        },
                        new Config(1))
                .build();
        self.set(nested);
        assertThat(nested.get("front")).isSameAs(inner.get());
    }

    @Test
    void givesBackWhatItRemoves() {
        Turnstile front = registry.get("front");
        assertThat(registry.remove("front")).containsSame(front);
        assertThat(registry.remove("front")).isEmpty();
    }

    @Test
    void describesItsInstances() {
        registry.get("front");
        MeterReadings readings = new MeterReadings();
        registry.describe(readings);
        assertThat(readings.values())
                .containsKey(MeterId.of("turnstile.inside", "front", "Calls in progress", "calls"));
    }

    @Test
    void saysWhatItHolds() {
        registry.get("front");
        assertThat(registry).hasToString("Registry[1 instances, configs [default, wide]]");
    }

    // ---- names that are being made

    @Test
    void atItsLimitANameThatAnotherThreadIsMakingIsGivenToBoth() throws Exception {
        CountDownLatch making = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger made = new AtomicInteger();
        Registry<Turnstile, Config> one = Registry.builder(
                        (String name, Config config) -> {
                            if (made.getAndIncrement() == 0) {
                                making.countDown();
                                await(goOn);
                            }
                            return Turnstile.of(name, config);
                        },
                        new Config(1))
                .maxInstances(1)
                .build();
        CompletableFuture<Turnstile> first = CompletableFuture.supplyAsync(() -> one.get("front"));
        await(making);
        assertThatThrownBy(() -> one.get("back")).hasMessageContaining("holds 1 instances");
        Turnstile second = one.get("front");
        goOn.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).isSameAs(second);
        assertThat(one.all()).containsExactly(second);
        one.remove("front");
        assertThat(one.get("back").name()).isEqualTo("back");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whateverFactoriesAndWatchersThrowPlacesAreConserved() throws Exception {
        long seed = new Random().nextLong();
        int most = 3;
        AtomicInteger drawn = new AtomicInteger();
        AtomicBoolean quiet = new AtomicBoolean();
        Runnable trouble = () -> {
            Random random = new Random(seed + drawn.getAndIncrement());
            if (!quiet.get() && random.nextInt(3) == 0) {
                switch (random.nextInt(3)) {
                    case 0 -> throw new IllegalStateException("on purpose");
                    case 1 -> throw new StackOverflowError("on purpose");
                    default -> throw new OutOfMemoryError("on purpose");
                }
            }
        };
        Registry<Turnstile, Config> shaky = Registry.builder(
                        (String name, Config config) -> {
                            trouble.run();
                            return Turnstile.of(name, config);
                        },
                        new Config(1))
                .maxInstances(most)
                .build();
        Set<Turnstile> watched = ConcurrentHashMap.newKeySet();
        shaky.watch(turnstile -> {
            watched.add(turnstile);
            trouble.run();
            return () -> {};
        });
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Random random = new Random(seed - t);
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 5_000; i++) {
                    String name = "name " + random.nextInt(5);
                    try {
                        if (random.nextInt(3) == 0) {
                            shaky.remove(name);
                        } else {
                            shaky.get(name);
                        }
                    } catch (IllegalStateException | StackOverflowError | OutOfMemoryError expected) {
                        // On purpose, or no room.
                    }
                    assertThat(shaky.all()).hasSizeLessThanOrEqualTo(5);
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
        assertThat(shaky.all()).as("seed %s", seed).hasSizeLessThanOrEqualTo(most);
        assertThat(watched).as("seed %s", seed).containsAll(shaky.all());
        quiet.set(true);
        for (int i = 0; i < 5; i++) {
            shaky.remove("name " + i);
        }
        for (int i = 0; i < most; i++) {
            shaky.get("new " + i);
        }
        assertThatThrownBy(() -> shaky.get("one more")).as("seed %s", seed).hasMessageContaining("holds 3 instances");
    }

    // ---- instances that do something when they are reconfigured

    /** The first config of each instance is 1. */
    private final Registry<Particular, Integer> particular = Registry.builder(
                    (String name, Integer config) -> new Particular(name, config), 1)
            .build();

    private final AtomicInteger reconfigured = new AtomicInteger();

    @Test
    void whenOneInstanceRejectsAConfigThoseThatTookItHaveTheOldOneAgain() {
        List<Particular> all = List.of(particular.get("a"), particular.get("b"), particular.get("c"));
        all.forEach(each -> each.whenReconfigured = () -> {
            if (reconfigured.incrementAndGet() == 2) {
                throw new IllegalArgumentException("rejected");
            }
        });
        assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 2))
                .hasMessage("rejected");
        assertThat(all).extracting(Particular::config).containsOnly(1);
    }

    @Test
    void anInstanceThatRejectsTheOldConfigTooIsTold() {
        for (String name : List.of("a", "b")) {
            particular.get(name).whenReconfigured = () -> {
                throw new IllegalArgumentException("rejected " + reconfigured.incrementAndGet());
            };
        }
        assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 2))
                .hasMessage("rejected 1")
                .satisfies(thrown -> assertThat(thrown.getSuppressed())
                        .singleElement()
                        .satisfies(again -> assertThat(again).hasMessage("rejected 2")));
    }

    @Test
    void aConfigThatWasRejectedIsNotInForceAgainWhenALaterOneIsRejectedToo() throws Exception {
        CountDownLatch laterIsBeingPutInForce = new CountDownLatch(1);
        CountDownLatch firstIsRejected = new CountDownLatch(1);
        AtomicReference<Thread> later = new AtomicReference<>();
        Particular instance = particular.get("a");
        instance.whenReconfigured = () -> {
            switch (reconfigured.incrementAndGet()) {
                case 1 -> {
                    later.set(new Thread(
                            () -> assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 3))
                                    .hasMessage("3 rejected")));
                    later.get().start();
                    await(laterIsBeingPutInForce);
                    throw new IllegalArgumentException("2 rejected");
                }
                case 2 -> {
                    laterIsBeingPutInForce.countDown();
                    await(firstIsRejected);
                    throw new IllegalArgumentException("3 rejected");
                }
                default -> {}
            }
        };
        assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 2))
                .hasMessage("2 rejected");
        firstIsRejected.countDown();
        later.get().join();
        assertThat(particular.findConfig(Registry.DEFAULT_CONFIG)).contains(1);
        assertThat(instance.config()).isEqualTo(1);
    }

    @Test
    void ofConfigsThatAreRejectedInAnyOrderTheLastAcceptedOneIsInForce() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 1_000; round++) {
            SharedConfig<Integer> shared = new SharedConfig<>("any", 0);
            List<SharedConfig.Version<Integer>> pending = new ArrayList<>();
            List<Integer> rejected = new ArrayList<>();
            List<Integer> values = new ArrayList<>();
            int lastStanding = 0;
            for (int i = 1; i < 10; i++) {
                if (pending.isEmpty() || random.nextBoolean()) {
                    pending.add(shared.change(i));
                    values.add(i);
                } else {
                    int index = random.nextInt(pending.size());
                    SharedConfig.Version<Integer> version = pending.remove(index);
                    int value = values.remove(index);
                    if (random.nextBoolean()) {
                        version.accept();
                        lastStanding = Math.max(lastStanding, value);
                    } else {
                        shared.reject(version);
                        rejected.add(value);
                    }
                }
                assertThat(rejected).as("seed %s", seed).doesNotContain(shared.inForce());
                assertThat(shared.inForce()).as("seed %s", seed).isGreaterThanOrEqualTo(lastStanding);
            }
        }
    }

    @Test
    void anErrorOfAnInstanceTakesTheConfigBackToo() {
        Particular instance = particular.get("a");
        instance.whenReconfigured = () -> {
            if (reconfigured.incrementAndGet() == 1) {
                throw new StackOverflowError("on purpose");
            }
        };
        assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 2))
                .isInstanceOf(StackOverflowError.class);
        assertThat(particular.findConfig(Registry.DEFAULT_CONFIG)).contains(1);
        assertThat(instance.config()).isEqualTo(1);
    }

    @Test
    void oneExceptionThatAllInstancesThrowIsThrownAsItIs() {
        IllegalArgumentException shared = new IllegalArgumentException("shared");
        for (String name : List.of("a", "b")) {
            particular.get(name).whenReconfigured = () -> {
                throw shared;
            };
        }
        assertThatThrownBy(() -> particular.reconfigure(Registry.DEFAULT_CONFIG, 2))
                .isSameAs(shared);
    }

    @Test
    void anInstanceThatIsRemovedBeforeItWasCompleteIsNotWatchedOn() {
        AtomicReference<Registry<Particular, Integer>> self = new AtomicReference<>();
        Registry<Particular, Integer> changing = Registry.builder(
                        (String name, Integer config) -> {
                            Particular made = new Particular(name, config);
                            made.whenReconfigured = () -> self.get().remove(name);
                            self.get().reconfigure(Registry.DEFAULT_CONFIG, 2);
                            return made;
                        },
                        1)
                .build();
        self.set(changing);
        List<String> watched = new ArrayList<>();
        changing.watch(policy -> {
            watched.add(policy.name());
            return () -> watched.remove(policy.name());
        });
        changing.get("front");
        assertThat(changing.find("front")).isEmpty();
        assertThat(watched).isEmpty();
    }

    /** A policy that does nothing but hold its config. */
    private static final class Particular extends Policy implements Reconfigurable<Integer> {

        private final String name;
        private final AtomicReference<Integer> config;
        private volatile Runnable whenReconfigured = () -> {};

        Particular(String name, Integer config) {
            this.name = name;
            this.config = new AtomicReference<>(config);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Integer config() {
            return config.get();
        }

        @Override
        public void reconfigure(UnaryOperator<Integer> change) {
            whenReconfigured.run();
            Integer ignored = config.updateAndGet(change);
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            return inner.proceed(context, now, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            return inner.proceedAsync(context, now, body);
        }
    }

    @Test
    void noChangeOfASharedConfigIsLost() throws Exception {
        Registry<Turnstile, Config> counting = Registry.<Turnstile, Config>builder(Turnstile::new, new Config(1))
                .build();
        Turnstile instance = counting.get("front");
        int threads = 4;
        int changes = 100;
        List<Thread> changing = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                for (int k = 0; k < changes; k++) {
                    counting.reconfigure("default", config -> new Config(config.limit() + 1));
                }
            });
            changing.add(thread);
            thread.start();
        }
        for (Thread thread : changing) {
            thread.join();
        }
        Config all = new Config(1 + threads * changes);
        assertThat(counting.findConfig("default")).contains(all);
        assertThat(instance.config()).isEqualTo(all);
        assertThat(counting.get("back").config()).isEqualTo(all);
    }

    @Test
    void aChangeThatThrowsChangesNothing() {
        Registry<Turnstile, Config> counting = Registry.<Turnstile, Config>builder(Turnstile::new, new Config(1))
                .build();
        Turnstile instance = counting.get("front");
        assertThatThrownBy(() -> counting.reconfigure("default", config -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> counting.reconfigure("default", config -> new Config(1_000)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(counting.findConfig("default")).contains(new Config(1));
        assertThat(instance.config()).isEqualTo(new Config(1));
    }
}
