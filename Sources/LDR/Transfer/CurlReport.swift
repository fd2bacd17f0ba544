import RLSCore

/// What curl says of a file when it is done with it.
struct CurlReport: Equatable {
    static let mark = "LDR"

    let id: Int
    let exitCode: Int
    /// 0 without an answer.
    let httpCode: Int
    let bytes: Int64
    let seconds: Double
    let message: String

    /// nil for a line that is none.
    init?(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        guard words.count >= 6, words[0] == Self.mark, let id = Int(words[1]), let exitCode = Int(words[2]),
            let httpCode = Int(words[3]), let bytes = Int64(words[4]), let seconds = Double(words[5])
        else { return nil }
        self.id = id
        self.exitCode = exitCode
        self.httpCode = httpCode
        self.bytes = bytes
        self.seconds = seconds
        message = words.count > 6 ? String(words[6].prefix(400)) : ""
    }

    /// The source cannot continue a file, or has another one: the part that is here is of no use.
    var refusesRange: Bool { exitCode == 33 || exitCode == 36 || httpCode == 416 }

    func outcome(_ request: TransferRequest) -> TransferOutcome {
        guard exitCode != 0 else { return .success(bytes: bytes, seconds: seconds) }
        let answer = httpCode > 0 ? "HTTP \(httpCode), " : ""
        let kind = kind(request)
        // Such as a credential that cannot be used; a file that cannot be written (23) may be one of many that can.
        let isOfSite = kind == .localError && exitCode != 23
        let said = "\(answer)\(message) (curl \(exitCode)): \(request.source)"
        return .failure(TransferFailure(kind, said, isOfSite: isOfSite))
    }

    private func kind(_ request: TransferRequest) -> TransferFailure.Kind {
        switch exitCode {
        case 22: ofAnswer
        case 1, 3, 4: .unsupported
        case 5, 6, 7, 16, 18, 35, 52, 55, 56, 92, 95: .sourceUnreachable
        // Among them too many redirections, and a certificate that we do not trust.
        case 9, 47, 60, 61, 67, 77, 83, 90, 91: .sourceRefused
        case 28: .timedOut
        case 63: httpCode < 400 ? .sizeDiffers : ofAnswer
        case 23: Self.writing(request)
        case 2, 26, 27, 43, 53, 54, 58, 59, 66: .localError
        default: .other
        }
    }

    private var ofAnswer: TransferFailure.Kind {
        switch httpCode {
        case 404, 410: .sourceMissing
        case 401, 402, 403, 405, 407, 451: .sourceRefused
        case 408, 504: .timedOut
        case 425, 429, 500...599: .sourceUnreachable
        default: .other
        }
    }

    /// curl does not say why it cannot write.
    private static func writing(_ request: TransferRequest) -> TransferFailure.Kind {
        let missing = request.expected.size - (FileCalls.size(request.destination) ?? 0)
        let free = FileCalls.free(at: FileCalls.directory(of: request.destination))
        return free.map { $0 < max(1 << 20, missing) } == true ? .diskFull : .localError
    }
}
