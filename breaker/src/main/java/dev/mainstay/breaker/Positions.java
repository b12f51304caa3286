package dev.mainstay.breaker;

import java.util.Arrays;

/** The growing numbers at which something happened: new ones come in at one end, those that are of no interest any more leave at the other. Not safe for use by many threads. */
final class Positions {

    private static final int AT_FIRST = 8;

    private long[] ring = {};
    private int oldest;
    private int count;

    void add(long position) {
        if (count == ring.length) {
            grow();
        }
        ring[index(count)] = position;
        count++;
    }

    /** Forgets what is not above the limit. */
    void forgetUpTo(long limit) {
        while (count > 0 && ring[oldest] <= limit) {
            oldest = index(1);
            count--;
        }
    }

    int count() {
        return count;
    }

    boolean contains(long position) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long found = ring[index(middle)];
            if (found == position) {
                return true;
            }
            if (found < position) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }

    /** Where the n-th from the oldest is; the length is a power of two. */
    private int index(int n) {
        return (oldest + n) & (ring.length - 1);
    }

    private void grow() {
        long[] larger = Arrays.copyOf(ring, Math.max(AT_FIRST, ring.length * 2));
        System.arraycopy(ring, 0, larger, ring.length, oldest);
        ring = larger;
    }
}
