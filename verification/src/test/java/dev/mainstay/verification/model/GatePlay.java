package dev.mainstay.verification.model;

import dev.mainstay.Gate;
import dev.mainstay.Permit;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A gate at which calls may wait, in random use: by callers who wait on their thread and others who do not, who give
 * up, run out of time or are interrupted.
 */
abstract class GatePlay<G extends Gate, M extends NaiveGate> extends Play {

    private static final long NEVER = Long.MAX_VALUE;

    private @Nullable G gate;
    private @Nullable M model;
    private final List<AsyncCall> calls = new ArrayList<>();
    private final List<HeldPermit> permits = new ArrayList<>();
    private final List<Integer> bodies = new ArrayList<>();
    private final List<Integer> expectedBodies = new ArrayList<>();
    private int made;

    GatePlay(long seed) {
        super(seed);
    }

    /** What is played with; to be called first. */
    final void with(G gate, M model) {
        this.gate = gate;
        this.model = model;
        observe(gate);
    }

    final G gate() {
        return Objects.requireNonNull(gate);
    }

    final M model() {
        return Objects.requireNonNull(model);
    }

    /** How long things take, at most. */
    abstract long spanOfThings();

    /** How many permits a call takes. */
    abstract int cost();

    /** One of the operations that every gate has. */
    final void useGate() {
        int choice = random.nextInt(77);
        if (choice < 35) {
            begin();
        } else if (choice < 55) {
            endStage();
        } else if (choice < 63) {
            giveUp();
        } else if (choice < 70) {
            callHere();
        } else {
            permit();
        }
    }

    private long someTime() {
        return (long) (random.nextDouble() * spanOfThings());
    }

    private CallContext context(long left) {
        int cost = cost();
        CallContext context =
                cost == 1 ? CallContext.plain() : CallContext.plain().cost(cost);
        return left == NEVER ? context : context.deadline(Deadline.after(Duration.ofNanos(left), time));
    }

    private void begin() {
        long left = oneIn(4) ? someTime() : NEVER;
        CallContext context = context(left);
        AsyncCall call = new AsyncCall(made++, context, left == NEVER ? NEVER : agenda.now() + left);
        if (oneIn(6)) {
            // Its stage is complete when it comes.
            call.ending.happenTo(call.stage);
        } else if (oneIn(2)) {
            long later = someTime();
            time.arm(new Alarm(() -> call.ending.happenTo(call.stage)), later);
            agenda.in(later, call::stageEnds);
        }
        call.future = PolicyAccess.callAsync(gate(), context, ignored -> {
            bodies.add(call.number);
            return call.stage;
        });
        did("begin " + call.number + ", cost " + context.cost() + ", " + left + " left: " + Lines.of(call.future));
        call.stageEnded = call.stage.isDone();
        model().begin(call);
        calls.add(call);
    }

    private void endStage() {
        if (!calls.isEmpty()) {
            AsyncCall call = anyOf(calls);
            did("end the stage of " + call.number + " with " + call.ending);
            call.ending.happenTo(call.stage);
            call.stageEnds();
        }
    }

    private void giveUp() {
        if (calls.isEmpty()) {
            return;
        }
        AsyncCall call = anyOf(calls);
        boolean was = call.isOpen();
        CompletableFuture<@Nullable String> future = Objects.requireNonNull(call.future);
        if (oneIn(3)) {
            did("complete " + call.number + " from outside");
            check("completed", was, future.complete("outside"));
            if (was) {
                call.line = "result outside";
            }
        } else {
            did("cancel " + call.number);
            boolean ignored = future.cancel(true);
            if (was) {
                call.line = Lines.CANCELLED;
            }
        }
        if (was) {
            call.stageEnded |= call.stand() == NaiveGate.Stand.RUNNING;
            model().abandon(call);
        }
    }

    /** A call on this thread, which is interrupted while it waits, perhaps; and whose body lets time pass. */
    private void callHere() {
        long left = oneIn(4) ? someTime() : NEVER;
        CallContext context = context(left);
        Ending ending = Ending.draw(random, 0.4);
        long duration = random.nextBoolean() ? 0 : someTime() / 3;
        boolean tries = random.nextBoolean();
        HereCall call = new HereCall(context, left == NEVER ? NEVER : agenda.now() + left);
        Flag interrupted = new Flag();
        Alarm interrupt = new Alarm(Thread.currentThread()::interrupt);
        Agenda.Item modelsInterrupt = null;
        if (oneIn(4)) {
            long later = someTime();
            time.arm(interrupt, later);
            modelsInterrupt = agenda.in(later, interrupted::set);
        }
        did("call here, cost " + context.cost() + ", " + left + " left, takes " + duration + " and ends with "
                + ending);
        String outcome;
        try {
            outcome = tries
                    ? Lines.of(
                            PolicyAccess.<@Nullable String>tryCall(gate(), context, ignored -> body(ending, duration)))
                    : "result "
                            + PolicyAccess.<@Nullable String>call(gate(), context, ignored -> body(ending, duration));
        } catch (Throwable failure) {
            outcome = Lines.of(failure);
        }
        boolean ignored = interrupt.cancel();
        boolean wasInterrupted = Thread.interrupted();
        RejectionReason no = model().beginHere(call, interrupted);
        String should;
        if (no == null) {
            agenda.advance(duration);
            model().end(call, ending);
            should = tries ? ending.triedLine() : ending.line();
        } else {
            model().note(call, no);
            should = tries
                    ? Lines.rejected(gate().name(), no, model().retryAfter(context))
                    : model().rejection(call, no);
        }
        agenda.cancel(modelsInterrupt);
        check("the outcome", should, outcome);
        check("the interrupt", interrupted.isSet(), wasInterrupted);
    }

    private @Nullable String body(Ending ending, long duration) throws Exception {
        time.advanceNanos(duration);
        return ending.happen();
    }

    /** Permits for whoever brings the call himself; the first word about one counts. */
    private void permit() {
        if (!permits.isEmpty() && random.nextBoolean()) {
            HeldPermit held = anyOf(permits);
            did("give a permit back");
            held.permit.release();
            if (!held.returned) {
                held.returned = true;
                model().end(held.call, Verdict.IGNORED);
            } else {
                permits.remove(held);
            }
            return;
        }
        HereCall call = new HereCall(CallContext.plain(), NEVER);
        Permit permit = null;
        boolean should;
        if (random.nextBoolean()) {
            did("try to get a permit");
            permit = gate().tryAcquirePermit().orElse(null);
            should = model().tryBegin(call);
        } else {
            did("get a permit");
            String outcome = "a permit";
            try {
                permit = gate().acquirePermit();
            } catch (CallRejectedException rejection) {
                outcome = Lines.of(rejection);
            }
            RejectionReason no = model().beginHere(call, new Flag());
            if (no != null) {
                model().note(call, no);
                check("the rejection", model().rejection(call, no), outcome);
            }
            should = no == null;
        }
        check("got a permit", should, permit != null);
        if (permit != null) {
            permits.add(new HeldPermit(permit, call));
        }
    }

    /** Compares what every gate shows. */
    final void compareGate() {
        if (!oneIn(4)) {
            // Otherwise what goes on elsewhere has not got there yet.
            pass(0);
        }
        check("idle", model().isIdle(), PolicyAccess.isIdle(gate()));
        check("the bodies", expectedBodies, bodies);
        expectedBodies.clear();
        bodies.clear();
        for (AsyncCall call : calls) {
            check("call " + call.number, call.line, Lines.of(Objects.requireNonNull(call.future)));
            check("whether the stage of call " + call.number + " has ended", call.stageEnded, call.stage.isDone());
        }
        calls.removeIf(call -> !call.isOpen() && call.stand() == NaiveGate.Stand.GONE);
        model().readGauges();
        compareEvents();
        compareMeters(true);
    }

    private final class AsyncCall extends NaiveGate.Call {

        final int number;
        final Ending ending = Ending.draw(random, 0.4);
        final CompletableFuture<@Nullable String> stage = new CompletableFuture<>();

        @Nullable
        CompletableFuture<@Nullable String> future;

        private String line = "open";
        private boolean stageEnded;

        AsyncCall(int number, CallContext context, long deadline) {
            super(context, deadline);
            this.number = number;
        }

        boolean isOpen() {
            return line.equals("open");
        }

        @Override
        void runs() {
            expectedBodies.add(number);
            if (stageEnded) {
                ends();
            }
        }

        @Override
        void rejected(String rejection) {
            if (isOpen()) {
                line = rejection;
            }
        }

        void stageEnds() {
            if (!stageEnded) {
                stageEnded = true;
                if (stand() == NaiveGate.Stand.RUNNING) {
                    ends();
                }
            }
        }

        private void ends() {
            model().end(this, ending);
            if (isOpen()) {
                line = ending.line();
            }
        }
    }

    private static final class HereCall extends NaiveGate.Call {

        HereCall(CallContext context, long deadline) {
            super(context, deadline);
        }

        @Override
        void runs() {}

        @Override
        void rejected(String line) {}
    }

    private static final class HeldPermit {

        final Permit permit;
        final HereCall call;
        boolean returned;

        HeldPermit(Permit permit, HereCall call) {
            this.permit = permit;
            this.call = call;
        }
    }
}
