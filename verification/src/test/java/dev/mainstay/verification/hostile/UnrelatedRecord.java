package dev.mainstay.verification.hostile;

/** A record that has nothing to do with anybody. */
public record UnrelatedRecord(UnrelatedRecord other, String text) implements Runnable {

    /** For loaders. */
    public UnrelatedRecord() {
        this(null, "");
    }

    /** Has its methods linked. */
    @Override
    public void run() {
        UnrelatedRecord one = new UnrelatedRecord(this, "one");
        if (one.equals(new UnrelatedRecord(this, "another"))
                || one.hashCode() == hashCode()
                || one.toString().isEmpty()) {
            throw new AssertionError(one);
        }
    }
}
