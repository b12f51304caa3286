package dev.mainstay;

/** What every call reads that ends and few write, on a cache line of its own: see {@link Calm}. */
abstract class CalmFlag {

    /**
     * A hint, written without order: false if it is not worth looking at the count. As long as calls are counted, a
     * look at it fetches its cache line from the other processors, and the addition that follows does so again. A gate
     * that sets it to false must set it to true when it is calm again.
     */
    protected boolean mayPrevail = true;

    /** From which count on it is calm. {@link Long#MAX_VALUE} means never. */
    protected volatile long calmFrom = Long.MAX_VALUE;
}
