package dev.mainstay;

/**
 * Two carriers, each of which throws only for want of stack or memory. Nothing of the first stays behind even then.
 */
record CompositeContextCarrier(ContextCarrier first, ContextCarrier second) implements ContextCarrier {

    @Override
    public Snapshot capture() {
        Snapshot ofFirst = first.capture();
        Snapshot ofSecond = second.capture();
        return () -> open(ofFirst, ofSecond);
    }

    private static Restore open(Snapshot ofFirst, Snapshot ofSecond) {
        Restore outer = ofFirst.open();
        try {
            Restore inner = ofSecond.open();
            return () -> close(inner, outer);
        } catch (Throwable noRoom) {
            outer.close();
            throw noRoom;
        }
    }

    private static void close(Restore inner, Restore outer) {
        try {
            inner.close();
        } finally {
            outer.close();
        }
    }

    @Override
    public String toString() {
        return first + " and " + second;
    }
}
