package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WaitQueueTest {

    private static final long LATE = 100;

    private final AtomicInteger bound = new AtomicInteger(100);
    private final WaitQueue line = WaitQueue.firstComeFirstServed("line", bound::get);

    private static final class Someone extends Waiter {

        private final String name;

        Someone(String name, Priority priority) {
            super(CallContext.plain().priority(priority));
            this.name = name;
        }

        @Nullable
        Rejection told() {
            return rejection();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Someone someone(String name) {
        return new Someone(name, Priority.NORMAL);
    }

    private static List<Someone> join(WaitQueue queue, String... names) {
        List<Someone> all = new ArrayList<>();
        for (String name : names) {
            Someone next = someone(name);
            assertThat(queue.add(next, all.size())).isTrue();
            all.add(next);
        }
        return all;
    }

    private static List<String> serve(WaitQueue queue, long now) {
        List<String> served = new ArrayList<>();
        for (Waiter next = queue.next(now); next != null; next = queue.next(now)) {
            served.add(next.toString());
            assertThat(next.grant(0)).isTrue();
        }
        assertThat(queue.isEmpty()).isTrue();
        return served;
    }

    @Test
    void servesThemInTheOrderInWhichTheyCame() {
        join(line, "first", "second", "third");
        assertThat(line.size()).isEqualTo(3);
        assertThat(serve(line, 10)).containsExactly("first", "second", "third");
        assertThat(line.next(10)).isNull();
    }

    @Test
    void isBoundedByANumberThatMayChange() {
        bound.set(1);
        join(line, "first");
        Someone second = someone("second");
        assertThat(line.add(second, 0)).isFalse();
        assertThat(line.size()).isEqualTo(1);
        assertThat(line.remove(second)).isFalse();
        bound.set(2);
        join(line, "third");
        assertThat(serve(line, 10)).containsExactly("first", "third");
    }

    @Test
    void whoGivesUpIsTakenOutWhereverItStands() {
        List<Someone> all = join(line, "first", "second", "third", "fourth");
        assertThat(line.remove(all.get(1))).isTrue();
        assertThat(line.remove(all.get(1))).isFalse();
        assertThat(line.remove(all.get(0))).isTrue();
        assertThat(line.remove(all.get(3))).isTrue();
        assertThat(line.size()).isEqualTo(1);
        assertThat(serve(line, 10)).containsExactly("third");
        assertThat(line.remove(all.get(2))).isFalse();
    }

    @Test
    void aStrangersLineIsLeftAlone() {
        Someone elsewhere = join(line, "elsewhere").get(0);
        WaitQueue other = WaitQueue.firstComeFirstServed("other", () -> 1);
        assertThat(other.remove(elsewhere)).isFalse();
        assertThat(other.remove(someone("nowhere"))).isFalse();
        assertThat(line.size()).isEqualTo(1);
        assertThatThrownBy(() -> other.add(elsewhere, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void servesByRankAndWithinARankInOrder() {
        WaitQueue ranked = new WaitQueue("line", new ByPriority(), () -> 100);
        for (Priority priority : Priority.values()) {
            assertThat(ranked.add(new Someone(priority + " 1", priority), 0)).isTrue();
            assertThat(ranked.add(new Someone(priority + " 2", priority), 0)).isTrue();
        }
        assertThat(serve(ranked, 10))
                .containsExactly(
                        "CRITICAL 1",
                        "CRITICAL 2",
                        "HIGH 1",
                        "HIGH 2",
                        "NORMAL 1",
                        "NORMAL 2",
                        "LOW 1",
                        "LOW 2",
                        "LOWEST 1",
                        "LOWEST 2");
    }

    @Test
    void aRankThatIsNoneCountsAsTheNearest() {
        WaitQueue.Discipline strange = new WaitQueue.Discipline() {
            @Override
            public int ranks() {
                return 2;
            }

            @Override
            public int rank(Waiter waiter) {
                return waiter.toString().equals("low") ? Integer.MAX_VALUE : Integer.MIN_VALUE;
            }
        };
        WaitQueue ranked = new WaitQueue("line", strange, () -> 100);
        join(ranked, "low", "high");
        assertThat(serve(ranked, 10)).containsExactly("high", "low");
    }

    @Test
    void servesTheNewestFirstWhenCallsWaitForLong() {
        WaitQueue adaptive = new WaitQueue(
                "line",
                new WaitQueue.Discipline() {
                    @Override
                    public boolean newestFirst(long longestWaitNanos) {
                        return longestWaitNanos >= LATE;
                    }
                },
                () -> 100);
        join(adaptive, "first", "second", "third");
        assertThat(adaptive.next(LATE)).hasToString("third");
        assertThat(serve(adaptive, LATE - 1)).containsExactly("first", "second");
    }

    @Test
    void whatIsShedIsRejectedAndTheNextServed() {
        List<Long> waits = new ArrayList<>();
        WaitQueue shedding = new WaitQueue(
                "line",
                new WaitQueue.Discipline() {
                    @Override
                    public @Nullable Rejection shed(Waiter next, long waitedNanos, int length, long now) {
                        waits.add(waitedNanos);
                        return length > 0 ? new Rejection("line", RejectionReason.SHED, 7) : null;
                    }
                },
                () -> 100);
        List<Someone> all = join(shedding, "first", "second", "third");
        assertThat(serve(shedding, 10)).containsExactly("third");
        assertThat(waits).containsExactly(10L, 9L, 8L);
        assertThat(all.get(0).told()).isNotNull().extracting(Rejection::reason).isEqualTo(RejectionReason.SHED);
        assertThat(all.get(2).told()).isNull();
    }

    @Test
    void aDisciplineThatThrowsLosesNobody() {
        WaitQueue broken = new WaitQueue(
                "line",
                new WaitQueue.Discipline() {
                    @Override
                    public boolean newestFirst(long longestWaitNanos) {
                        throw new IllegalStateException("a discipline that throws");
                    }

                    @Override
                    public @Nullable Rejection shed(Waiter next, long waitedNanos, int length, long now) {
                        throw new StackOverflowError("a discipline that throws");
                    }
                },
                () -> 100);
        join(broken, "first", "second");
        assertThat(serve(broken, 10)).containsExactly("first", "second");
        assertThat(broken).hasToString("WaitQueue['line', 0 waiting]");
    }

    private static final class ByPriority implements WaitQueue.Discipline {

        @Override
        public int ranks() {
            return Priority.values().length;
        }

        @Override
        @SuppressWarnings("EnumOrdinal")
        public int rank(Waiter waiter) {
            return Priority.CRITICAL.ordinal() - waiter.context().priority().ordinal();
        }
    }
}
