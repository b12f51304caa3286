package dev.mainstay.event;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.mainstay.safe.SafeLogs;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SummarizingLogTest {

    static {
        // On the module path, the module under test reads no logging but SLF4J.
        Module own = SummarizingLogTest.class.getModule();
        if (own.isNamed()) {
            for (String logback : List.of("ch.qos.logback.classic", "ch.qos.logback.core")) {
                own.getLayer().findModule(logback).ifPresent(own::addReads);
            }
        }
    }

    private static final String SUBJECT = "Bulkhead '{policy}' rejected calls";

    private enum Kind {
        FULL,
        LATE
    }

    private final Logger logger = new LoggerContext().getLogger("test");
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private final VirtualTime time = VirtualTime.create();
    private final SummarizingLog<Kind> recurrence = new SummarizingLog<>(
            SafeLogs.over(logger), true, SUBJECT, time, "inventory", Kind.class, () -> "it is closed");

    @BeforeEach
    void listen() {
        appender.list = new CopyOnWriteArrayList<>();
        appender.start();
        logger.addAppender(appender);
    }

    @Test
    void theFirstIsALineOfItsOwnAndNeedsNoTimer() {
        recurrence.happened(Kind.FULL);
        assertThat(lines())
                .containsExactly("WARN Bulkhead 'inventory' rejected calls: the first (full); now it is closed"
                        + " [policy=\"inventory\", why=\"it is closed\", reason=\"FULL\"]");
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aFloodIsALineEveryTenSecondsThatSaysHowManyOfWhichKind() {
        happened(Kind.FULL, 1_000);
        happened(Kind.LATE, 20);
        assertThat(lines()).hasSize(1);

        time.advance(Duration.ofSeconds(10));
        assertThat(lines())
                .hasSize(2)
                .last()
                .isEqualTo("WARN Bulkhead 'inventory' rejected calls: 1019 more in the last 10s (999 full, 20 late);"
                        + " now it is closed [full=\"999\", late=\"20\", count=\"1019\", period=\"10s\","
                        + " policy=\"inventory\", why=\"it is closed\"]");

        happened(Kind.LATE, 5);
        time.advance(Duration.ofSeconds(10));
        assertThat(lines())
                .hasSize(3)
                .last()
                .asString()
                .contains("late=\"5\", count=\"5\"")
                .doesNotContain("full");
    }

    @Test
    void afterTenSecondsWithoutAnyItIsSilentAndTheNextIsAFirstOne() {
        happened(Kind.FULL, 3);
        time.advance(Duration.ofSeconds(60));
        assertThat(lines()).hasSize(2);
        assertThat(time.pendingEvents()).isZero();

        recurrence.happened(Kind.LATE);
        assertThat(lines()).hasSize(3).last().asString().contains("reason=\"LATE\"");
    }

    @Test
    void onesThatComeFarApartAreALineEach() {
        for (int i = 0; i < 5; i++) {
            recurrence.happened(Kind.FULL);
            time.advance(Duration.ofSeconds(10));
        }
        assertThat(lines()).hasSize(5).allMatch(line -> line.contains("reason"));
    }

    @Test
    void aSecondOneIsToldOfAtTheEndOfTheTenSecondsThatBeganWithTheFirst() {
        recurrence.happened(Kind.FULL);
        time.advance(Duration.ofSeconds(9));
        recurrence.happened(Kind.FULL);
        time.advance(Duration.ofMillis(999));
        assertThat(lines()).hasSize(1);
        time.advance(Duration.ofMillis(1));
        assertThat(lines()).hasSize(2);
    }

    @Test
    void whenItBeganMakesNoDifferenceToTheTenSeconds() {
        time.advance(Duration.ofSeconds(100));
        aSecondOneIsToldOfAtTheEndOfTheTenSecondsThatBeganWithTheFirst();
    }

    @Test
    void theSilenceAfterAFloodThrowsNothing() {
        RelayedTime relayed = new RelayedTime(time);
        SummarizingLog<Kind> flooded = new SummarizingLog<>(
                SafeLogs.over(logger), true, SUBJECT, relayed, "inventory", Kind.class, () -> "it is closed");
        flooded.happened(Kind.LATE);
        flooded.happened(Kind.LATE);
        time.advance(Duration.ofSeconds(60));
        assertThat(lines()).hasSize(2);
        assertThat(relayed.thrown).isEmpty();
    }

    @Test
    void oneThatWasHeldUpUntilASilenceBeganIsToldOfAllTheSame() {
        RelayedTime relayed = new RelayedTime(time);
        SummarizingLog<Kind> slow = new SummarizingLog<>(
                SafeLogs.over(logger), true, SUBJECT, relayed, "inventory", Kind.class, () -> "it is closed");
        slow.happened(Kind.FULL);
        relayed.afterTheNextReading = () -> {
            slow.happened(Kind.FULL);
            time.advance(Duration.ofSeconds(20));
            assertThat(lines()).hasSize(2);
        };
        slow.happened(Kind.LATE);
        assertThat(time.pendingEvents()).isOne();
        time.advance(Duration.ofSeconds(10));
        assertThat(lines()).hasSize(3).last().asString().contains("late=\"1\", count=\"1\"");
    }

    @Test
    void nothingIsCountedForALogThatNobodyReads() {
        logger.setLevel(Level.ERROR);
        happened(Kind.FULL, 10);
        assertThat(time.pendingEvents()).isZero();
        logger.setLevel(Level.WARN);
        recurrence.happened(Kind.FULL);
        time.advance(Duration.ofSeconds(20));
        assertThat(lines()).hasSize(1);
    }

    @Test
    void anExplanationThatThrowsLosesNoLine() {
        SummarizingLog<Kind> unexplained =
                new SummarizingLog<>(SafeLogs.over(logger), true, SUBJECT, time, "inventory", Kind.class, () -> {
                    throw new IllegalStateException("no idea");
                });
        unexplained.happened(Kind.FULL);
        assertThat(lines())
                .singleElement()
                .asString()
                .contains("why=\"cannot be said: java.lang.IllegalStateException: no idea\"");
    }

    @Test
    void messagesBeginWithTheKindOfThePolicyAndNameItOnce() {
        String[] state = {"'inventory' is {policy} OPEN"};
        SummarizingLog<Kind> named = new SummarizingLog<>(
                SafeLogs.over(logger), true, SUBJECT, time, "inventory", Kind.class, () -> state[0]);
        named.happened(Kind.FULL);
        named.happened(Kind.FULL);
        state[0] = "'inventory' is CLOSED";
        time.advance(Duration.ofSeconds(10));
        assertThat(appender.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "Bulkhead 'inventory' rejected calls: the first (full); now it is {policy} OPEN",
                        "Bulkhead 'inventory' rejected calls: 1 more in the last 10s (1 full); now it is CLOSED");
    }

    @Test
    void atInfoItSaysTheSameAndAsksNothingWhileThatIsOff() {
        SummarizingLog<Kind> quiet = recurrence.atInfo();
        logger.setLevel(Level.WARN);
        quiet.happened(Kind.FULL);
        quiet.happened(Kind.FULL);
        assertThat(time.pendingEvents()).isZero();
        logger.setLevel(Level.INFO);
        quiet.happened(Kind.FULL);
        quiet.happened(Kind.LATE);
        time.advance(Duration.ofSeconds(10));
        assertThat(lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("INFO Bulkhead 'inventory' rejected calls: "))
                .last()
                .asString()
                .contains(" 1 more in the last 10s (1 late)");
    }

    @Test
    void ofManyThreadsTogetherNoneIsLost() throws InterruptedException {
        int each = 20_000;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(new Thread(() -> happened(Kind.FULL, each)));
        }
        threads.forEach(Thread::start);
        while (threads.stream().anyMatch(Thread::isAlive)) {
            time.advance(Duration.ofSeconds(3));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        time.advance(Duration.ofSeconds(60));
        Pattern count = Pattern.compile("count=\"(\\d+)\"");
        long told = 0;
        for (String line : lines()) {
            Matcher matcher = count.matcher(line);
            told += matcher.find() ? Long.parseLong(matcher.group(1)) : 1;
        }
        assertThat(told).isEqualTo(4L * each);
    }

    private void happened(Kind kind, int times) {
        for (int i = 0; i < times; i++) {
            recurrence.happened(kind);
        }
    }

    private List<String> lines() {
        return appender.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage() + " " + event.getKeyValuePairs())
                .toList();
    }

    /** Another time, in which a thread can be held up just after it has read the clock. */
    private static final class RelayedTime implements TimeSource {

        private final VirtualTime time;
        private final List<Throwable> thrown = new ArrayList<>();
        private Runnable afterTheNextReading = () -> {};

        RelayedTime(VirtualTime time) {
            this.time = time;
        }

        @Override
        public long nanoTime() {
            long now = time.nanoTime();
            Runnable meanwhile = afterTheNextReading;
            afterTheNextReading = () -> {};
            meanwhile.run();
            return now;
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return work -> time.executor().execute(() -> {
                try {
                    work.run();
                } catch (Throwable failure) {
                    thrown.add(failure);
                }
            });
        }
    }
}
