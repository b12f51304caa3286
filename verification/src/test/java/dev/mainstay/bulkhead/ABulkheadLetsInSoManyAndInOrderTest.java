package dev.mainstay.bulkhead;

import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.verification.Exploration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A bulkhead lets in as many calls as its limit says and no more, those that wait first come, first served, and nobody
 * overtakes them; whoever gives up waiting, or changes the limit, takes no slot away and leaves none free while
 * somebody waits.
 *
 * <p>How many slots are in use is compared once everybody is done: whoever gives one back or raises the limit frees it
 * first and then lets somebody in, and between the two nobody else can take it.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "limit", gen = IntGen.class, conf = "1:2")
public final class ABulkheadLetsInSoManyAndInOrderTest {

    private static final int LONGEST = 2;

    private static final int FIRST = 7;

    private final Slots slots = new Slots("slots", 1, joined -> {});

    /** The call of each thread, if it has one: in line, or in. */
    private final @Nullable Call[] calls = new Call[8];

    public ABulkheadLetsInSoManyAndInOrderTest() {
        take(FIRST);
    }

    @Operation
    public boolean take(@Param(name = "thread") int thread) {
        if (calls[thread] != null || slots.take() != Slots.TAKEN) {
            return false;
        }
        calls[thread] = new Call(false);
        return true;
    }

    @Operation
    public boolean join(@Param(name = "thread") int thread) {
        if (calls[thread] != null) {
            return false;
        }
        Call call = new Call(true);
        if (!slots.join(call, 0, LONGEST)) {
            return false;
        }
        calls[thread] = call;
        return true;
    }

    /** Gives up waiting, or gives the slot back; says whether it had one. */
    @Operation
    public boolean leave(@Param(name = "thread") int thread) {
        Call call = calls[thread];
        if (call == null) {
            return false;
        }
        calls[thread] = null;
        if (call.stopsWaiting()) {
            slots.leave(call);
            return false;
        }
        slots.give();
        return true;
    }

    /** The call that was there from the beginning ends. */
    @Operation(runOnce = true)
    public void firstLeaves() {
        calls[FIRST] = null;
        slots.give();
    }

    @Operation
    public void resize(@Param(name = "limit") int limit) {
        slots.resize(limit);
    }

    @Validate
    public void nobodyWaitsForASlotThatIsFree() {
        int in = 0;
        int waiting = 0;
        for (Call call : calls) {
            if (call != null && call.isIn()) {
                in++;
            } else if (call != null) {
                waiting++;
            }
        }
        Exploration.require(slots.inUse() == in, "slots in use");
        Exploration.require(slots.queued() == waiting, "the length of the line");
        Exploration.require(waiting == 0 || in >= slots.limit(), "a slot is free, and somebody waits");
        Exploration.require(in > 0 || slots.take() == Slots.TAKEN, "nobody is in, and nobody can get in");
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(getClass(), Specification.class);
    }

    @Test
    void ofThreeThreads() {
        Exploration.matches(
                getClass(),
                Specification.class,
                Exploration.options().threads(3).actorsPerThread(2));
    }

    /** Made without a thread of its own. */
    private static final class Call extends Waiter {

        private final boolean waits;

        Call(boolean waits) {
            super(CallContext.plain());
            this.waits = waits;
        }

        boolean isIn() {
            return !waits || !isWaiting();
        }

        boolean stopsWaiting() {
            return waits && giveUp();
        }
    }

    public static class Specification {

        private final List<Integer> in = new ArrayList<>(List.of(FIRST));
        private final Deque<Integer> line = new ArrayDeque<>();
        private int limit = 1;

        public boolean take(int thread) {
            if (isHere(thread) || in.size() >= limit || !line.isEmpty()) {
                return false;
            }
            in.add(thread);
            return true;
        }

        public boolean join(int thread) {
            if (isHere(thread)) {
                return false;
            }
            if (take(thread)) {
                return true;
            }
            if (line.size() == LONGEST) {
                return false;
            }
            line.add(thread);
            return true;
        }

        public boolean leave(int thread) {
            boolean wasIn = in.remove((Integer) thread);
            line.remove(thread);
            letIn();
            return wasIn;
        }

        public void firstLeaves() {
            leave(FIRST);
        }

        public void resize(int limit) {
            this.limit = limit;
            letIn();
        }

        private void letIn() {
            while (in.size() < limit && !line.isEmpty()) {
                in.add(line.remove());
            }
        }

        private boolean isHere(int thread) {
            return in.contains(thread) || line.contains(thread);
        }
    }
}
