package dev.mainstay.verification.soak;

import java.lang.management.ManagementFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What is live on the heap.
 *
 * @param all bytes, but for what the JDK's client keeps
 * @param ours bytes of objects of Mainstay's own classes
 */
record LiveHeap(long all, long ours) {

    /**
     * At most what one exchange takes, with its connection and buffers. Up to some version after 17, the client never
     * lets go of exchanges that it was told to cancel, even when the other side has hung up and the client itself is
     * forgotten.
     */
    private static final long BYTES_OF_AN_EXCHANGE = 32 << 10;

    private static final String EXCHANGE = "jdk.internal.net.http.Http1Exchange";

    /** {@code   12:   3456   78901  [B (java.base@17)} */
    private static final Pattern LINE = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+).*");

    /** Looks at all that can be reached, and nothing else. */
    static LiveHeap now() {
        long all = 0;
        long ours = 0;
        for (String line : histogram().lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            long bytes = Long.parseLong(matcher.group(2));
            String type = matcher.group(3);
            all += bytes;
            if (type.startsWith("dev.mainstay.") && !type.startsWith("dev.mainstay.verification.")) {
                ours += bytes;
            }
            if (type.equals(EXCHANGE)) {
                all -= Long.parseLong(matcher.group(1)) * BYTES_OF_AN_EXCHANGE;
            }
        }
        return new LiveHeap(all, ours);
    }

    private static String histogram() {
        try {
            return (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new IllegalStateException("no class histogram", e);
        }
    }
}
