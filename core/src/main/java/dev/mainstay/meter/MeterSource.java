package dev.mainstay.meter;

/** Something that says by what it can be measured. */
@FunctionalInterface
public interface MeterSource extends Measured {

    /** Lists what it can be measured by. Describing costs the calls nothing. */
    void describe(MeterSink sink);
}
