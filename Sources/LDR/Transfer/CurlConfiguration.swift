import Glibc

/// What curl is told.
enum CurlConfiguration {
    /// Of all files. The first word keeps curl from reading the configuration of whoever runs it. Without
    /// --parallel-immediate a second file waits until the first one is complete, in case both could share a
    /// connection.
    static func arguments(_ settings: TransferSettings) -> [String] {
        [
            "-q", "--no-progress-meter", "--parallel", "--parallel-immediate", "--parallel-max",
            "\(concurrency(settings))",
            "--config", "-",
        ]
    }

    /// Files at a time; the program takes no more than 300.
    static func concurrency(_ settings: TransferSettings) -> Int { min(max(1, settings.concurrency), 300) }

    static func text(_ jobs: [CurlJob], _ settings: TransferSettings) -> [UInt8] {
        let options = options(settings).joined(separator: "\n")
        return Array(jobs.map { lines($0) + "\n" + options }.joined(separator: "\nnext\n").utf8)
    }

    private static func lines(_ job: CurlJob) -> String {
        // Not one to be found or read back: each line of the report begins with the number of the request.
        let report =
            "%{stderr}\(CurlReport.mark) \(job.request.id) %{exitcode} %{http_code} %{size_download} %{time_total} "
        return [
            "url = \(quoted(job.url))", "output = \(quoted(job.request.destination))",
            "write-out = \(quoted(report + "%{errormsg}\n"))",
            job.offset > 0 ? "continue-at = \(job.offset)" : "",
            // As an answer says beforehand, be it a page that says why there is no file.
            "max-filesize = \(max(1 << 20, job.request.expected.size))",
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Each file has to be told them again.
    private static func options(_ settings: TransferSettings) -> [String] {
        // Its clocks go on while it is stopped.
        let more = settings.bandwidth == nil ? 0.0 : 120.0
        var lines = [
            "silent", "fail", "globoff", "location", "max-redirs = 10", "proto = \"=http,https\"",
            "proto-redir = \"=http,https\"", "connect-timeout = \(seconds(settings.connectSeconds + more))",
            "speed-limit = 1", "speed-time = \(seconds(settings.stallSeconds + more))",
        ]
        if let limit = settings.overallSeconds { lines.append("max-time = \(seconds(limit))") }
        if let proxy = settings.proxy ?? usual("X509_USER_PROXY", "/tmp/x509up_u\(getuid())") {
            lines += ["cert = \(quoted(proxy))", "key = \(quoted(proxy))", "cert-type = \"PEM\""]
        }
        let authorities = settings.authorities ?? usual("X509_CERT_DIR", "/etc/grid-security/certificates")
        if let authorities {
            lines.append("capath = \(quoted(authorities))")
        }
        return lines
    }

    private static func seconds(_ value: Double) -> Int { Int(min(max(1, value.rounded(.up)), 1_000_000)) }

    /// Where Globus looks, too.
    private static func usual(_ variable: String, _ path: String) -> String? {
        let given = getenv(variable).map { String(cString: $0) } ?? ""
        return given.isEmpty ? (FileCalls.exists(path) ? path : nil) : given
    }

    /// No value ends before its quotation mark does.
    static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\" + String(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0B}": text += "\\v"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
