package dev.mainstay;

/** Keeps what is read from the cache line, and the one that processors fetch with it, of what is written. */
@SuppressWarnings({"unused", "UnusedVariable"})
abstract class CalmPadding extends CalmFlag {

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
