package dev.mainstay;

import dev.mainstay.safe.Require;

/**
 * A permit that a {@link Gate} gives to every call that enters, without being asked about each, until it has another or
 * none. While it is quiet, the gate does not hear of the calls that succeed with it either: such a call costs a few
 * reads and writes nothing.
 *
 * @param permit zero or more; another one whenever the gate wants to tell calls apart by it
 * @param quiet whether successes change nothing
 */
public record StandingPermit(long permit, QuietFlag quiet) {

    /** Rejects a permit that would mean a rejection. */
    public StandingPermit {
        Require.check(permit >= 0, "permit", permit, "at least 0");
        Require.present("quiet", quiet);
    }

    /** The same for a gate whose successes somebody wants to hear of. */
    public StandingPermit told() {
        return new StandingPermit(permit, new QuietFlag());
    }
}
