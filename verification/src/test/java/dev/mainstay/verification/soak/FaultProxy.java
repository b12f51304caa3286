package dev.mainstay.verification.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Stands between a client and a service, on real sockets, and does to each connection what networks do. What goes wrong
 * with a connection is drawn when it comes, and happens somewhere in its first answer.
 */
final class FaultProxy implements AutoCloseable {

    /** What a connection meets with. */
    enum Fault {
        NONE,
        /** The answer comes late. */
        DELAY,
        /** The connection is reset in the middle of the answer. */
        RESET,
        /** It ends orderly in the middle of the answer. */
        CUT,
        /** The answer comes a few bytes at a time. */
        SLOW_BODY,
        /** The other side is gone in the middle of the answer, and nobody says so. */
        HALF_OPEN,
        /** What is sent is never read. */
        BLACK_HOLE,
        /** The answer is no HTTP. */
        GARBAGE
    }

    private static final Fault[] FAULTS = Fault.values();
    private static final int LONGEST_DELAY_MILLIS = 150;

    private final int servicePort;
    private final Random random;
    private final ServerSocket door;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong connections = new AtomicLong();
    private volatile int faultsInHundred;

    FaultProxy(int servicePort, long seed) throws IOException {
        this.servicePort = servicePort;
        this.random = new Random(seed);
        this.door = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        daemon("fault-proxy", this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    long connections() {
        return connections.get();
    }

    /** How many of a hundred connections that come from now on have a fault. */
    void faultsInHundred(int faults) {
        faultsInHundred = faults;
    }

    /** Ends all connections, as a restart of the network would. */
    void dropAll() {
        open.forEach(FaultProxy::reset);
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                open.add(client);
                connections.incrementAndGet();
                Fault fault = random.nextInt(100) < faultsInHundred
                        ? FAULTS[1 + random.nextInt(FAULTS.length - 1)]
                        : Fault.NONE;
                daemon("fault-proxy-" + fault, () -> serve(client, fault));
            } catch (IOException closed) {
                // The loop looks whether it was us.
            }
        }
    }

    private void serve(Socket client, Fault fault) {
        try (client;
                Socket service = new Socket()) {
            switch (fault) {
                case BLACK_HOLE -> awaitEnd(client);
                case GARBAGE -> {
                    byte[] noise = new byte[200];
                    ThreadLocalRandom.current().nextBytes(noise);
                    client.getOutputStream().write(noise);
                }
                default -> {
                    open.add(service);
                    service.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), servicePort));
                    daemon("fault-proxy-requests", () -> copy(client, service));
                    answer(service.getInputStream(), client, fault);
                }
            }
        } catch (IOException | RuntimeException ended) {
            // By one side or by us.
        } finally {
            open.remove(client);
        }
    }

    private void answer(InputStream from, Socket client, Fault fault) throws IOException {
        OutputStream to = client.getOutputStream();
        byte[] buffer = new byte[8192];
        for (int length; (length = from.read(buffer)) >= 0; ) {
            switch (fault) {
                case NONE -> to.write(buffer, 0, length);
                case DELAY -> {
                    pause(ThreadLocalRandom.current().nextInt(LONGEST_DELAY_MILLIS));
                    to.write(buffer, 0, length);
                }
                case SLOW_BODY -> {
                    for (int sent = 0; sent < length; sent += 16) {
                        to.write(buffer, sent, Math.min(16, length - sent));
                        pause(5);
                    }
                }
                default -> {
                    to.write(buffer, 0, length / 2);
                    endHalfway(client, fault);
                    return;
                }
            }
        }
    }

    private static void endHalfway(Socket client, Fault fault) throws IOException {
        if (fault == Fault.RESET) {
            reset(client);
        } else if (fault == Fault.HALF_OPEN) {
            awaitEnd(client);
        }
    }

    /** Until we are closed, reading nothing. */
    private static void awaitEnd(Socket client) {
        while (!client.isClosed()) {
            pause(20);
        }
    }

    private void copy(Socket client, Socket service) {
        try (service) {
            client.getInputStream().transferTo(service.getOutputStream());
        } catch (IOException ended) {
            // By one side or by us.
        } finally {
            open.remove(service);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException closedAlready) {
            // Which is what was wanted.
        }
    }

    private static void pause(int millis) {
        LockSupport.parkNanos(millis * 1_000_000L);
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        door.close();
        dropAll();
    }
}
