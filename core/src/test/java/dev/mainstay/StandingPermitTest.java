package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a gate hears of that lets calls in without being asked about each. */
class StandingPermitTest {

    private final VirtualTime time = VirtualTime.create();
    private final Ajar gate = new Ajar(time);

    /** A gate that says how it stands, and writes down what it is asked and told. */
    private static final class Ajar extends Gate {

        final List<String> heard = new ArrayList<>();
        final QuietFlag quiet = new QuietFlag();
        private @Nullable StandingPermit permit = new StandingPermit(7, quiet);

        Ajar(VirtualTime time) {
            super("ajar", time, Classifier.standard());
            judgeBy(Classifier.standard());
            quiet.set(true);
        }

        void judgeBy(Classifier classifier) {
            classifyWith(classifier, false, false);
        }

        void stand(@Nullable StandingPermit other) {
            change(() -> {
                permit = other;
                return true;
            });
        }

        boolean changeThatSays(boolean changed) {
            return change(() -> changed);
        }

        void changeInVain() {
            change(() -> {
                throw new IllegalStateException("in vain");
            });
        }

        @Override
        protected @Nullable StandingPermit standingPermit() {
            return permit;
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            heard.add("asked");
            return 1;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            heard.add(permit + " " + verdict);
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            throw new AssertionError("it rejects nobody");
        }
    }

    /** The ways through a gate. */
    private enum Way {
        ALONE {
            @Override
            void go(Gate gate, Runnable body) {
                gate.run(body::run);
            }
        },
        AS_A_VALUE {
            @Override
            void go(Gate gate, Runnable body) {
                gate.tryCall(() -> {
                    body.run();
                    return "";
                });
            }
        },
        IN_A_PIPELINE {
            @Override
            void go(Gate gate, Runnable body) {
                Pipeline.of("one", gate).run(body::run);
            }
        },
        BESIDE_ANOTHER {
            @Override
            void go(Gate gate, Runnable body) {
                Pipeline.of("two", new Ajar((VirtualTime) gate.timeSource()), gate)
                        .run(body::run);
            }
        },
        OVER_A_COMPLETED_STAGE {
            @Override
            void go(Gate gate, Runnable body) {
                gate.callAsync(() -> CompletableFuture.completedFuture(ran(body)))
                        .join();
            }
        },
        OVER_A_STAGE {
            @Override
            void go(Gate gate, Runnable body) {
                CompletableFuture<String> stage = new CompletableFuture<>();
                CompletableFuture<String> whole = gate.callAsync(() -> stage);
                try {
                    stage.complete(ran(body));
                } catch (IllegalStateException failure) {
                    stage.completeExceptionally(failure);
                }
                whole.join();
            }
        },
        BY_HAND {
            @Override
            void go(Gate gate, Runnable body) {
                Permit permit = gate.acquirePermit();
                try {
                    permit.success(ran(body));
                } catch (IllegalStateException failure) {
                    permit.failure(failure);
                    throw failure;
                }
            }
        },
        BY_HAND_WITHOUT_WAITING {
            @Override
            void go(Gate gate, Runnable body) {
                Permit permit = gate.tryAcquirePermit().get();
                assertThat(permit).isNotNull();
                try {
                    permit.success(ran(body));
                } catch (IllegalStateException failure) {
                    permit.failure(failure);
                    throw failure;
                }
            }
        };

        abstract void go(Gate gate, Runnable body);

        private static String ran(Runnable body) {
            body.run();
            return "result";
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSuccessIsNeitherAskedAboutNorToldWhileItIsQuiet(Way way) {
        way.go(gate, () -> {});
        assertThat(gate.heard).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aFailureIsTold(Way way) {
        assertThatThrownBy(() -> way.go(gate, () -> {
                    throw new IllegalStateException("down");
                }))
                .hasStackTraceContaining("down");
        assertThat(gate.heard).containsExactly("7 ERROR");
    }

    @ParameterizedTest
    @EnumSource
    void aSuccessIsToldThatEndsWhenItIsNotQuietAnyMore(Way way) {
        way.go(gate, () -> gate.quiet.set(false));
        assertThat(gate.heard).containsExactly("7 SUCCESS");
    }

    @ParameterizedTest
    @EnumSource
    void aSuccessIsToldThatEndsWhenThePermitIsAnother(Way way) {
        way.go(gate, () -> gate.stand(new StandingPermit(8, gate.quiet)));
        assertThat(gate.heard).containsExactly("7 SUCCESS");
    }

    /** Counts the calls that it is told of, and is quiet once there are two. */
    private static final class Counted extends QuietFlag {

        private int count;

        void add() {
            count++;
            set(count >= 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGateThatCountsUpToANumberIsToldOfSuccessesUpToIt(Way way) {
        Counted counted = new Counted();
        gate.stand(new StandingPermit(7, counted));
        way.go(gate, counted::add);
        way.go(gate, counted::add);
        way.go(gate, () -> {});
        assertThat(gate.heard).containsExactly("7 SUCCESS");
    }

    @ParameterizedTest
    @EnumSource
    void aGateWithoutOneIsAskedAndTold(Way way) {
        gate.stand(null);
        way.go(gate, () -> {});
        assertThat(gate.heard).containsExactly("asked", "1 SUCCESS");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsToldToListenersIsToldToTheGate(Way way) {
        List<Duration> durations = new ArrayList<>();
        Consumer<PolicyEvent.CallEnded> listener = event -> durations.add(Duration.ofNanos(event.durationNanos()));
        Subscription subscription = gate.subscribe(PolicyEvent.CallEnded.class, listener);
        way.go(gate, () -> time.advance(Duration.ofSeconds(3)));
        assertThat(durations).containsExactly(Duration.ofSeconds(3));
        assertThat(gate.heard).containsExactly("7 SUCCESS");
        subscription.close();
        way.go(gate, () -> {});
        assertThat(durations).hasSize(1);
        assertThat(gate.heard).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aCallIsToldThatBeganBeforeSomebodyListened(Way way) {
        List<Verdict> verdicts = new ArrayList<>();
        way.go(gate, () -> gate.subscribe(PolicyEvent.CallEnded.class, event -> verdicts.add(event.verdict())));
        assertThat(verdicts).containsExactly(Verdict.SUCCESS);
    }

    @Test
    void otherListenersDoNotWantToHearOfIt() {
        gate.subscribe(PolicyEvent.CallRejected.class, event -> {});
        gate.run(() -> {});
        assertThat(gate.heard).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void resultsThatAreJudgedAreTold(Way way) {
        gate.judgeBy(Classifier.builder().recordResult(result -> true).build());
        way.go(gate, () -> {});
        assertThat(gate.heard).containsExactly("7 ERROR");
    }

    @Test
    void aChangeThatFailsChangesNothing() {
        assertThatThrownBy(gate::changeInVain).hasMessage("in vain");
        gate.run(() -> {});
        assertThat(gate.heard).isEmpty();
    }

    @Test
    void aChangeSaysItselfWhetherItWasMade() {
        assertThat(gate.changeThatSays(true)).isTrue();
        assertThat(gate.changeThatSays(false)).isFalse();
    }

    @Test
    void aCallGivesItsResultWithoutTheGateBeingAsked() {
        assertThat(gate.get(() -> "result")).isEqualTo("result");
        assertThat(gate.heard).isEmpty();
    }

    @Test
    void itCanBeZero() {
        gate.stand(new StandingPermit(0, new QuietFlag()));
        gate.run(() -> {});
        assertThat(gate.heard).containsExactly("0 SUCCESS");
    }

    @Test
    void oneThatWouldMeanARejectionIsRejected() {
        assertThatThrownBy(() -> new StandingPermit(-1, gate.quiet))
                .hasMessageContaining("permit")
                .hasMessageContaining("-1");
    }
}
