package dev.mainstay.breaker;

/**
 * What every counted call reads of a {@link CountWindow}, and then nothing for as long as a processor's cache line, and
 * the one that it fetches with it: what every counted call writes comes after it.
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
