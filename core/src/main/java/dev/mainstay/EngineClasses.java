package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CancellationScope;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Preloading;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.SafeText;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Deadline;
import java.lang.invoke.MethodHandles;

/**
 * Classes that are first needed when a call fails, initialised when the first policy is built. A class whose
 * initialisation meets a full stack cannot be used ever after.
 */
final class EngineClasses {

    static {
        Preloading.load(
                MethodHandles.lookup(),
                AsyncCallBody.class,
                CallContext.class,
                CallFuture.class,
                CallRejectedException.class,
                CallScope.class,
                CallTimeoutException.class,
                CallbackFailures.class,
                GuardEntry.class,
                FutureScope.class,
                CancellableCall.class,
                SafeContextCarrier.class,
                Chain.class,
                ChildScope.class,
                Classifier.class,
                ContextCarrier.class,
                ContextualGuard.class,
                Deadline.class,
                Failures.class,
                Fallback.class,
                FallbackCase.AtOnce.class,
                FallbackCase.WithStage.class,
                LastGood.Dated.class,
                LastGoodPerKey.class,
                StageWait.class,
                FutureTimeLimit.class,
                AsyncGateCall.class,
                AsyncGateWait.class,
                EnteredGate.class,
                FusedGates.class,
                SyncGateCall.class,
                GateExit.class,
                OwedPermits.class,
                GateRules.class,
                ThreadHandoff.class,
                Interruption.class,
                InterruptibleScope.class,
                LateExit.class,
                LateExits.class,
                MeasuredOutside.class,
                TimeLimit.class,
                TimeLimitedCall.class,
                Outcome.class,
                Permit.class,
                PermitFuture.class,
                Pipeline.class,
                PolicyEvent.CallEnded.class,
                PolicyEvent.CallRejected.class,
                Rejection.class,
                RejectionLog.class,
                RejectionReason.class,
                Require.class,
                SafeLog.class,
                SafeText.class,
                CancellationScope.class,
                StackReserve.class,
                StageWarning.class,
                Stages.class,
                CallerThreadLimit.class,
                ThreadWait.class,
                TypedPipeline.class,
                Verdict.class,
                WaitQueue.class,
                WaitQueue.Place.class,
                Waiter.class,
                ExecutorCall.class);
        StackReserve.check();
    }

    private EngineClasses() {}

    static void load() {}
}
