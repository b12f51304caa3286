package dev.mainstay.retry;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import org.jspecify.annotations.Nullable;

/**
 * One retry's dealings with its budget, which may be the user's own and throw. A budget that cannot say whether it pays
 * does not pay; what else it throws is reported and changes nothing.
 */
final class BudgetAccount {

    private final RetryBudget budget;

    /** The budget, if it is one of ours, which does not throw. */
    private final @Nullable TokenBucket bucket;

    /** The budget, if it is told about calls and their attempts. */
    private final @Nullable RetryBudget watcher;

    private final String retry;
    private final CallbackFailures failures = new CallbackFailures();

    /**
     * How many tokens a full stack has kept from being given back. Written under this object's monitor, without a call;
     * paid before anything else is reserved, or told.
     */
    int owed;

    /**
     * How many could not even be noted so. Written without the monitor, which the interpreter does not enter on a full
     * stack: of two threads that fail at the very same moment, one may go uncounted.
     */
    volatile int strays;

    /** How many of these were given back; guarded by the monitor, and looked at without it. */
    private int straysBack;

    BudgetAccount(RetryBudget budget, String retry) {
        this.budget = budget;
        this.bucket = budget instanceof TokenBucket ours ? ours : null;
        this.retry = retry;
        this.watcher = watchesCalls(budget) ? budget : null;
    }

    private boolean watchesCalls(RetryBudget budget) {
        try {
            return budget.watchesCalls();
        } catch (Throwable broken) {
            report("watchesCalls", broken);
            return false;
        }
    }

    RetryBudget budget() {
        return budget;
    }

    @Nullable
    TokenBucket bucket() {
        return bucket;
    }

    @LeafSection
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void payOwed() {
        while (owed != 0 || strays != straysBack) {
            synchronized (this) {
                if (owed != 0) {
                    owed--;
                } else if (strays != straysBack) {
                    straysBack++;
                } else {
                    return;
                }
            }
            try {
                giveBack();
            } catch (Throwable noRoom) {
                try {
                    synchronized (this) {
                        owed++;
                    }
                } catch (Throwable noRoomToLock) {
                    strays = strays + 1;
                }
                throw noRoom;
            }
        }
    }

    /** Whether the budget is told about calls and their attempts. */
    boolean watchesCalls() {
        return watcher != null;
    }

    /** Tells that a call begins; false if the budget does not watch calls, or has thrown: then no end is told. */
    boolean callBegan() {
        RetryBudget watcher = this.watcher;
        if (watcher == null) {
            return false;
        }
        try {
            watcher.callBegan();
            return true;
        } catch (Throwable broken) {
            report("callBegan", broken);
            return false;
        }
    }

    void attemptFailed(Verdict verdict) {
        RetryBudget watcher = this.watcher;
        if (watcher == null) {
            return;
        }
        try {
            watcher.attemptFailed(verdict);
        } catch (Throwable broken) {
            report("attemptFailed", broken);
        }
    }

    /** For calls that have {@linkplain #callBegan() begun} for the budget. */
    void callEnded() {
        RetryBudget watcher = this.watcher;
        if (watcher == null) {
            return;
        }
        try {
            watcher.callEnded();
        } catch (Throwable broken) {
            report("callEnded", broken);
        }
    }

    boolean tryReserve(CallContext call, Verdict failed) {
        payOwed();
        if (bucket != null) {
            return bucket.tryReserve(call, failed);
        }
        try {
            return budget.tryReserve(call, failed);
        } catch (Throwable broken) {
            report("tryReserve", broken);
            return false;
        }
    }

    void giveBack() {
        if (bucket != null) {
            bucket.giveBack();
            return;
        }
        try {
            budget.giveBack();
        } catch (Throwable broken) {
            report("giveBack", broken);
        }
    }

    void retrySucceeded() {
        if (bucket != null) {
            bucket.retrySucceeded();
            return;
        }
        try {
            budget.retrySucceeded();
        } catch (Throwable broken) {
            report("retrySucceeded", broken);
        }
    }

    void retryFailed(Verdict verdict) {
        if (bucket != null) {
            bucket.retryFailed(verdict);
            return;
        }
        try {
            budget.retryFailed(verdict);
        } catch (Throwable broken) {
            report("retryFailed", broken);
        }
    }

    void callSucceeded() {
        if (bucket != null) {
            bucket.callSucceeded();
            return;
        }
        try {
            budget.callSucceeded();
        } catch (Throwable broken) {
            report("callSucceeded", broken);
        }
    }

    /** What is left; not a number if the budget cannot say. */
    double tokens() {
        payOwed();
        try {
            return budget.tokens();
        } catch (Throwable broken) {
            report("tokens", broken);
            return Double.NaN;
        }
    }

    private void report(String method, Throwable broken) {
        failures.report(retry, "budget's " + method, broken);
    }
}
