package dev.mainstay.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server of sockets, for answers that no proper server gives, and to see which connections are open. */
final class RawServer implements AutoCloseable {

    /** What it does with one request. */
    interface Handling {
        void handle(int number, Socket socket, OutputStream out) throws IOException, InterruptedException;
    }

    final List<String> requests = new CopyOnWriteArrayList<>();

    /** Connections that the client has closed. */
    final BlockingQueue<Socket> closed = new LinkedBlockingQueue<>();

    final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private final Handling handling;

    RawServer(Handling handling) {
        this.handling = handling;
        try {
            server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "raw-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                accepted.add(socket);
                daemon(() -> serve(socket));
            }
        } catch (IOException stopped) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                int length = 0;
                for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
                    if (header.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                        length = Integer.parseInt(header.substring(15).strip());
                    }
                }
                in.skip(length);
                int number;
                synchronized (this) {
                    requests.add(line);
                    number = requests.size();
                }
                handling.handle(number, socket, socket.getOutputStream());
            }
        } catch (IOException | InterruptedException gone) {
            // as good as closed
        }
        closed.add(socket);
    }

    static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** Waits until the client has closed so many connections. */
    void awaitClosed(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            if (closed.poll(10, TimeUnit.SECONDS) == null) {
                throw new AssertionError(
                        "the client has left " + (count - i) + " of " + accepted.size() + " connections open");
            }
        }
    }

    URI uri() {
        return URI.create(
                "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + server.getLocalPort() + "/stock");
    }

    HttpRequest.Builder request() {
        return HttpRequest.newBuilder(uri());
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }
}
