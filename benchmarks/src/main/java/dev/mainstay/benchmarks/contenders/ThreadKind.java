package dev.mainstay.benchmarks.contenders;

/** What a pool runs its tasks on. */
public enum ThreadKind {
    PLATFORM,
    VIRTUAL
}
