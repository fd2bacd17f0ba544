import Foundation

/// A small HTTP server on loopback that can continue files, and behave badly.
package final class WebServer: FileServer {
    package let port: Int
    private let program: RunningProgram
    private let files: TemporaryDirectory
    private let isSecure: Bool

    /// - Parameters:
    ///   - authority: for HTTPS that asks for a client's certificate
    ///   - port: 0 for a free one
    package init(_ directory: String, authority: TestAuthority? = nil, port: Int = 0) async throws {
        let python = try NeededProgram.path("python3", package: "python3")
        _ = try NeededProgram.path("curl", package: "curl")
        files = try TemporaryDirectory()
        let script = try files.write(Self.script, to: "server.py")
        isSecure = authority != nil
        let secure =
            authority.map {
                [$0.file("host-san/hostcert.pem"), $0.file("host-san/hostkey.pem"), $0.file("certificates")]
            } ?? []
        program = try await python.start([script, directory, "\(port)"] + secure)
        let isUp = try await program.waitForErrors(seconds: 20) { $0.contains("listening") && $0.hasSuffix("\n") }
        guard isUp, let port = program.errors.split(whereSeparator: \.isWhitespace).dropFirst().first,
            let number = Int(port)
        else { throw NeededProgram.Failure(description: "the web server did not start: \(program.errors)") }
        self.port = number
    }

    package func url(_ path: String) -> String { "\(isSecure ? "https" : "http")://localhost:\(port)/\(path)" }

    package func kill() { program.signal(SIGKILL) }

    package func end() async throws {
        kill()
        _ = try await program.end()
        try await waitForFreePort()
    }

    /// A line for each request: path, range.
    package var requests: [String] { program.output.split(whereSeparator: \.isNewline).map(String.init) }

    /// Prefixes of the path say how to behave.
    private static let script = """
        import http.server, os, ssl, sys, time, urllib.parse

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            disable_nagle_algorithm = True

            def do_GET(self):
                print(self.path, self.headers.get('Range', '-'), flush=True)
                mode, _, name = self.path[1:].partition('/')
                if mode == 'status':
                    return self.answer(int(name), b'no such luck')
                if mode == 'redirect':
                    self.send_response(302)
                    self.send_header('Location', urllib.parse.unquote(name))
                    self.send_header('Content-Length', '0')
                    return self.end_headers()
                path = os.path.join(os.fsencode(sys.argv[1]), urllib.parse.unquote_to_bytes(name))
                if not os.path.isfile(path):
                    return self.answer(404, b'not here')
                with open(path, 'rb') as file:
                    self.send(mode, file, os.path.getsize(path))

            def answer(self, code, body):
                self.send_response(code)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def send(self, mode, file, size):
                wanted = self.headers.get('Range')
                begin = 0
                if wanted and mode != 'whole':
                    begin = int(wanted.partition('=')[2].partition('-')[0])
                    self.send_response(206)
                    self.send_header('Content-Range', 'bytes %d-%d/%d' % (begin, size - 1, size))
                else:
                    self.send_response(200)
                if mode == 'endless':
                    self.send_header('Connection', 'close')
                else:
                    self.send_header('Content-Length', str(size - begin))
                self.end_headers()
                file.seek(begin)
                sent = begin
                while True:
                    block = file.read(1 << 18) or (mode == 'endless' and bytes(1 << 16))
                    if not block:
                        return
                    if mode == 'wrong':
                        block = bytes(len(block))
                    self.wfile.write(block)
                    sent += len(block)
                    # What is continued comes fast.
                    if mode == 'slow' and not wanted:
                        time.sleep(0.1)
                    while mode == 'stuck' and sent > 1 << 20:
                        time.sleep(0.2)
                    if mode == 'broken' and not wanted and sent > size // 2:
                        self.close_connection = True
                        return self.connection.shutdown(2)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, request, client):
                pass

        server = Server(('127.0.0.1', int(sys.argv[2])), Handler)
        if len(sys.argv) > 3:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[3], sys.argv[4])
            context.load_verify_locations(capath=sys.argv[5])
            context.verify_mode = ssl.CERT_REQUIRED
            context.verify_flags |= ssl.VerifyFlags.VERIFY_ALLOW_PROXY_CERTS
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print('listening', server.server_address[1], file=sys.stderr, flush=True)
        server.serve_forever()
        """
}
