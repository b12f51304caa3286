package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kind that a sleeping thread drives itself, and what both kinds have in common. */
class VirtualTimeTest {

    private final VirtualTime time = VirtualTime.create();

    /** What happened, and after how many milliseconds: {@code "fired 20"}. */
    private final List<String> log = new ArrayList<>();

    // ---- the clock

    @Test
    void theClockMovesOnlyWhenTold() {
        assertThat(time.nanoTime()).isZero();

        time.advance(Duration.ofSeconds(2));
        time.advanceNanos(5);

        assertThat(time.nanoTime()).isEqualTo(2_000_000_005L);
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(2, 5));
    }

    @Test
    void timeDoesNotGoBack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advanceNanos(-7))
                .withMessageContaining("nanos")
                .withMessageContaining("-7");
        assertThatIllegalArgumentException().isThrownBy(() -> time.advance(Duration.ofDays(-1)));
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MAX_VALUE - 15_000_000, Long.MIN_VALUE, -1, 42})
    void theClockMayStartAnywhereAndOverflow(long start) throws Exception {
        VirtualTime shifted = VirtualTime.startingAt(start);
        List<Long> fired = new ArrayList<>();
        for (int delay : new int[] {30, 10, 20}) {
            shifted.arm(Task.of(() -> fired.add(shifted.nanoTime() - start)), ms(delay));
        }

        shifted.sleep(ms(30));

        assertThat(fired).containsExactly(ms(10), ms(20), ms(30));
        assertThat(shifted.nanoTime()).isEqualTo(start + ms(30));
        assertThat(shifted.elapsed()).isEqualTo(Duration.ofMillis(30));
    }

    @Test
    void timeEnds() {
        time.advanceNanos(Long.MAX_VALUE);
        time.advanceNanos(Long.MAX_VALUE);

        assertThat(time.elapsed()).isGreaterThan(Duration.ofDays(106_000));
    }

    // ---- order

    @Test
    void eventsRunInTheOrderInWhichTheyAreDueEachAtItsTime() {
        arm("c", 30);
        arm("a", 10);
        arm("b", 20);

        time.advance(Duration.ofMillis(25));
        note("advanced");
        time.advance(Duration.ofMillis(25));

        assertThat(log).containsExactly("a 10", "b 20", "advanced 25", "c 30");
    }

    @Test
    void eventsThatAreDueTogetherRunInTheOrderInWhichTheyCame() {
        time.arm(Task.of(() -> time.executor().execute(() -> note("work"))), ms(10));
        arm("second", 10);
        arm("third", 10);

        time.advance(Duration.ofMillis(10));

        assertThat(log).containsExactly("second 10", "third 10", "work 10");
    }

    @Test
    void eventsThatEventsBringAboutRunInTheSameAdvance() {
        time.arm(Task.of(() -> arm("next", 10)), ms(10));

        time.advance(Duration.ofMillis(20));

        assertThat(log).containsExactly("next 20");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aDelayThatIsOverIsDueNowButNotOnTheCallersTurn(long delay) {
        time.arm(Task.of(() -> note("fired")), delay);
        assertThat(log).isEmpty();

        time.runDue();

        assertThat(log).containsExactly("fired 0");
    }

    @Test
    void theDelayCountsFromTheReadingOfTheClock() {
        time.advance(Duration.ofMillis(100));
        long now = time.nanoTime();
        time.advance(Duration.ofMillis(3));
        time.arm(Task.of(() -> note("from the reading")), now, ms(10));
        time.arm(Task.of(() -> note("from the call")), TimeSource.UNREAD, ms(10));
        time.arm(Task.of(() -> note("overdue")), now, ms(1));

        time.runUntilIdle();

        assertThat(log).containsExactly("overdue 103", "from the reading 110", "from the call 113");
    }

    @Test
    void whatIsDueInForeverIsNeverDueHoweverLongAgoTheClockWasRead() {
        time.advanceNanos(ms(10));
        time.arm(Task.of(() -> note("fired")), 0, Nanos.FOREVER);

        time.runUntilIdle();

        assertThat(log).isEmpty();
        assertThat(time.pendingEvents()).isOne();
    }

    @Test
    void aCancelledTaskIsGone() {
        Task task = arm("never", 10);
        assertThat(time.pendingEvents()).isEqualTo(1);

        assertThat(task.cancel()).isTrue();

        assertThat(time.pendingEvents()).isZero();
        time.runUntilIdle();
        assertThat(log).isEmpty();
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aFiredTaskCannotBeCancelled() {
        Task task = arm("fired", 10);
        time.advance(Duration.ofMillis(10));

        assertThat(task.cancel()).isFalse();
    }

    @Test
    void whatAnEventThrowsIsLoggedAndHarmsNothing() {
        try (LogOf errors = new LogOf(UncaughtExceptions.class)) {
            time.arm(
                    Task.of(() -> {
                        throw new IllegalStateException("of the task");
                    }),
                    0);
            time.executor().execute(() -> {
                throw new AssertionError("of the work");
            });
            arm("after", 1);

            time.runUntilIdle();

            assertThat(log).containsExactly("after 1");
            assertThat(errors.failures()).containsExactly("of the task", "of the work");
        }
    }

    @Test
    void theExecutorRejectsNullAtOnce() {
        assertThatThrownBy(() -> time.executor().execute(null)).isInstanceOf(NullPointerException.class);
    }

    // ---- sleep

    @Test
    void sleepRunsWhatIsDueOnTheWay() throws Exception {
        arm("a", 10);
        arm("b", 20);
        arm("later", 40);

        time.sleep(ms(30));

        note("awake");
        assertThat(log).containsExactly("a 10", "b 20", "awake 30");
    }

    @Test
    void aSleeperTakesItsTurnAmongTheEventsOfItsTime() throws Exception {
        arm("armed before", 10);
        time.arm(Task.of(() -> arm("armed meanwhile", 5)), ms(5));

        time.sleep(ms(10));
        note("awake");
        time.runDue();

        assertThat(log).containsExactly("armed before 10", "awake 10", "armed meanwhile 10");
    }

    @Test
    void anEventMayInterruptTheSleeper() {
        Thread sleeper = Thread.currentThread();
        time.arm(Task.of(sleeper::interrupt), ms(10));
        arm("later", 20);

        assertThatThrownBy(() -> time.sleep(ms(30))).isInstanceOf(InterruptedException.class);

        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(10));
        assertThat(Thread.interrupted()).as("flag").isFalse();
        assertThat(log).isEmpty();
        assertThat(time.pendingEvents()).isEqualTo(1);
    }

    @Test
    void anInterruptAtTheVeryEndOfTheSleepCountsIfItComesFirst() {
        Thread sleeper = Thread.currentThread();
        time.arm(Task.of(sleeper::interrupt), ms(10));

        assertThatThrownBy(() -> time.sleep(ms(10))).isInstanceOf(InterruptedException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, Long.MAX_VALUE})
    void anInterruptedThreadDoesNotSleep(long nanos) {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> time.sleep(nanos)).isInstanceOf(InterruptedException.class);

        assertThat(time.elapsed()).isZero();
        assertThat(Thread.interrupted()).as("flag").isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void noSleepLetsNothingHappen(long nanos) throws Exception {
        arm("due", 0);

        time.sleep(nanos);

        assertThat(log).isEmpty();
    }

    @Test
    void aSleepForEverEndsWithAnInterruptOrIsFoundToHang() {
        Thread sleeper = Thread.currentThread();
        time.arm(Task.of(sleeper::interrupt), ms(10));
        assertThatThrownBy(() -> time.sleep(Long.MAX_VALUE)).isInstanceOf(InterruptedException.class);

        assertThatIllegalStateException()
                .isThrownBy(() -> time.sleep(Long.MAX_VALUE))
                .withMessageContaining("Nothing would ever end this sleep")
                .withMessageContaining("elapsed=PT0.01S");
        assertThat(time.pendingEvents()).isZero();
    }

    // ---- park

    @Test
    void parkReturnsAfterTheNextEvent() {
        arm("a", 10);
        arm("b", 20);

        time.parkNanos(this, ms(30));
        note("unparked");
        time.parkNanos(this, Long.MAX_VALUE);
        note("unparked");

        assertThat(log).containsExactly("a 10", "unparked 10", "b 20", "unparked 20");
    }

    @Test
    void parkLetsTheTimePassIfNothingHappens() {
        arm("later", 40);

        time.parkNanos(this, ms(30));

        note("unparked");
        assertThat(log).containsExactly("unparked 30");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void noParkLetsNothingHappen(long nanos) {
        arm("due", 0);

        time.parkNanos(this, nanos);

        assertThat(log).isEmpty();
    }

    @Test
    void anInterruptedThreadDoesNotPark() {
        arm("due", 0);
        Thread.currentThread().interrupt();

        time.parkNanos(this, Long.MAX_VALUE);

        assertThat(Thread.interrupted()).as("flag").isTrue();
        assertThat(log).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Nanos.FOREVER})
    void aParkThatNothingWouldEndIsFoundToHang(long nanos) {
        time.advance(Duration.ofMillis(5));
        time.arm(Task.idle(), Nanos.FOREVER);

        assertThatIllegalStateException()
                .isThrownBy(() -> time.parkNanos("the queue", nanos))
                .withMessageContaining("the queue")
                .withMessageContaining("elapsed=PT0.005S");
    }

    // ---- driving

    @Test
    void runDueDoesNotMoveTheTime() {
        time.executor().execute(() -> time.executor().execute(() -> note("work")));
        arm("later", 1);

        time.runDue();

        assertThat(log).containsExactly("work 0");
        assertThat(time.pendingEvents()).isEqualTo(1);
    }

    @Test
    void runUntilIdleRunsAllThatIsLeft() {
        time.arm(Task.of(() -> arm("last", 3_600_000)), ms(10));

        time.runUntilIdle();

        assertThat(log).containsExactly("last 3600010");
        assertThat(time.pendingEvents()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Nanos.FOREVER})
    void whatIsDueInCenturiesIsNeverDue(long delay) {
        time.advance(Duration.ofDays(1));
        Task task = Task.of(() -> note("fired"));
        time.arm(task, delay);
        time.arm(Task.of(() -> note("fired")), time.nanoTime(), delay);

        time.runUntilIdle();

        assertThat(log).isEmpty();
        assertThat(time.elapsed()).isEqualTo(Duration.ofDays(1));
        assertThat(task.cancel()).isTrue();
    }

    @Test
    void runUntilIdleFindsWhatNeverEnds() {
        armAgainAndAgain();

        assertThatIllegalStateException()
                .isThrownBy(() -> time.runUntilIdle(1_000))
                .withMessageContaining("1000 events")
                .withMessageContaining("again and again")
                .withMessageContaining("elapsed=PT1S");
    }

    @Test
    void runUntilIdleMayEndWithTheLastEventAllowed() {
        arm("a", 1);
        arm("b", 2);

        time.runUntilIdle(2);

        assertThat(log).containsExactly("a 1", "b 2");
    }

    @Test
    void aLoopInWhichTimeStandsStillIsFound() {
        Timeline timeline = new Timeline(1_000);
        timeline.moveTo(ms(5));
        timeline.submit(new Runnable() {
            @Override
            public void run() {
                timeline.submit(this);
            }
        });

        assertThatIllegalStateException()
                .isThrownBy(() -> {
                    while (true) {
                        timeline.next(Timeline.END).happen();
                    }
                })
                .withMessageContaining("PT0.005S")
                .withMessageContaining("1000 events");
    }

    @Test
    void manyEventsAreNoLoopIfTheTimeMoves() {
        Timeline timeline = new Timeline(2);
        for (int i = 0; i < 10; i++) {
            timeline.arm(Task.of(() -> log.add("fired")), i / 2);
        }

        while (timeline.hasNext()) {
            timeline.next(Timeline.END).happen();
        }

        assertThat(log).hasSize(10);
    }

    // ---- await

    @Test
    void awaitDrivesTheTimeUntilTheFutureIsComplete() throws Exception {
        CompletableFuture<String> future = new CompletableFuture<>();
        time.arm(Task.of(() -> time.executor().execute(() -> future.complete("value"))), ms(10));
        arm("later", 20);

        assertThat(time.await(future)).isEqualTo("value");

        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(10));
        assertThat(time.pendingEvents()).isEqualTo(1);
    }

    @Test
    void awaitMovesNothingIfTheFutureIsCompleteAlready() throws Exception {
        arm("due", 0);

        assertThat(time.await(CompletableFuture.<String>completedFuture(null))).isNull();

        assertThat(log).isEmpty();
    }

    @Test
    void awaitThrowsTheFailureItself() {
        for (Throwable failure : List.of(new IOException(), new AssertionError(), new IllegalStateException())) {
            CompletableFuture<Object> future = new CompletableFuture<>();
            time.arm(Task.of(() -> future.completeExceptionally(failure)), ms(10));

            assertThatThrownBy(() -> time.await(future)).isSameAs(failure);
            assertThatThrownBy(() -> time.await(future.thenApply(value -> value).thenApply(value -> value)))
                    .isSameAs(failure);
        }
    }

    @Test
    void awaitThrowsWhatCannotBeUnwrappedAsItIs() {
        CompletionException noCause = new CompletionException("no cause", null);
        Throwable neither = new Throwable("neither an exception nor an error");

        assertThatThrownBy(() -> time.await(CompletableFuture.failedFuture(noCause)))
                .isSameAs(noCause);
        assertThatThrownBy(() -> time.await(CompletableFuture.failedFuture(neither)))
                .isInstanceOf(CompletionException.class)
                .hasCause(neither);
    }

    @Test
    void awaitThrowsTheCancellation() {
        CompletableFuture<Object> future = new CompletableFuture<>();
        time.arm(Task.of(() -> future.cancel(true)), ms(10));

        assertThatThrownBy(() -> time.await(future)).isInstanceOf(CancellationException.class);
    }

    @Test
    void awaitFindsAFutureThatNothingCompletes() {
        arm("the last", 10);

        assertThatIllegalStateException()
                .isThrownBy(() -> time.await(new CompletableFuture<>()))
                .withMessageContaining("cannot complete")
                .withMessageContaining("elapsed=PT0.01S");
    }

    // ---- events that drive the time themselves

    @Test
    void workMaySleepAndOthersRunMeanwhile() throws Exception {
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> sleepAndNote("first", 30), time.executor());
        CompletableFuture<Void> second = CompletableFuture.runAsync(() -> sleepAndNote("second", 20), time.executor());
        arm("a", 10);

        time.await(CompletableFuture.allOf(first, second));

        assertThat(log).containsExactly("a 10", "second 20", "first 30");
    }

    @Test
    void aSleeperWhoseTimePassesInsideAnEventReturnsThereafter() throws Exception {
        time.arm(Task.of(() -> sleepAndNote("inner", 50)), ms(10));

        sleepAndNote("outer", 20);

        assertThat(log).containsExactly("inner 60", "outer 60");
    }

    @Test
    void anEventMayAdvanceAwaitAndRunUntilIdle() {
        CompletableFuture<String> future = new CompletableFuture<>();
        time.arm(Task.of(() -> future.complete("value")), ms(20));
        arm("last", 40);
        time.executor().execute(() -> {
            time.advance(Duration.ofMillis(10));
            note("advanced");
            try {
                note(time.await(future));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            time.runUntilIdle();
            note("idle");
        });

        time.runDue();

        assertThat(log).containsExactly("advanced 10", "value 20", "last 40", "idle 40");
    }

    @Test
    void anInterruptInsideAnEventEndsTheSleepInsideIt() throws Exception {
        Thread thread = Thread.currentThread();
        time.executor().execute(() -> {
            time.arm(Task.of(thread::interrupt), ms(10));
            assertThatThrownBy(() -> time.sleep(ms(50))).isInstanceOf(InterruptedException.class);
            note("inner interrupted");
        });

        sleepAndNote("outer", 30);

        assertThat(log).containsExactly("inner interrupted 10", "outer 30");
    }

    // ---- words

    @Test
    void describesItself() {
        time.arm(Task.idle(), ms(5_000));
        time.executor().execute(() -> {});
        time.advance(Duration.ofMillis(1_500));

        assertThat(time).hasToString("VirtualTime[self-driving, elapsed=PT1.5S, pending=1]");
    }

    @Test
    void nobodyIsAwaitedWhereSleepersDriveTheTime() {
        assertThatIllegalStateException()
                .isThrownBy(() -> time.awaitSleepers(1))
                .withMessageContaining("manual()");
    }

    private Task arm(String name, long delayMillis) {
        Task task = Task.of(() -> note(name));
        time.arm(task, ms(delayMillis));
        return task;
    }

    private void armAgainAndAgain() {
        time.arm(Task.of(this::armAgainAndAgain), ms(1));
    }

    private void sleepAndNote(String name, long millis) {
        try {
            time.sleep(ms(millis));
            note(name);
        } catch (InterruptedException e) {
            note(name + " interrupted");
        }
    }

    private void note(String what) {
        log.add(what + " " + time.elapsed().toMillis());
    }

    private static long ms(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
