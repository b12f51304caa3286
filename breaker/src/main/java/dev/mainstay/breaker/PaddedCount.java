package dev.mainstay.breaker;

/**
 * The fields of a {@link CountWindow} that every counted call reads, and then padding of two cache lines. Calls write
 * the fields after the padding, and so do not evict the line of those before it (no false sharing).
 */
@SuppressWarnings({"unused", "UnusedVariable"})
abstract sealed class PaddedCount extends Window permits CountWindow {

    /** The number of the call with which the window is quiet, if no failure comes before it. */
    volatile long quietFrom;

    private long p1;
    private long p2;
    private long p3;
    private long p4;
    private long p5;
    private long p6;
    private long p7;
    private long p8;
    private long p9;
    private long p10;
    private long p11;
    private long p12;
    private long p13;
    private long p14;
}
