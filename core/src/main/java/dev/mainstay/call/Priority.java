package dev.mainstay.call;

/** How much it matters that this call gets through when not all can. In ascending order. */
public enum Priority {
    /** May be dropped first, such as prefetching. */
    LOWEST,
    /** Batch work that can come again. */
    LOW,
    /** What nobody marked. */
    NORMAL,
    /** A person waits for it. */
    HIGH,
    /** The last to be dropped. */
    CRITICAL
}
