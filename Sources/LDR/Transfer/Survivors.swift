import Foundation

/// Programs that a daemon which was killed has left running: they would go on through their lists and write files that
/// its successor fetches, verifies and gives names.
package enum Survivors {
    /// Tells a program, and what it starts itself, whom it works for.
    static let variable = "LDR_OWNER"
    private static let patience = Duration.seconds(5)

    /// Ends them. Of an owner that has started nothing yet.
    ///
    /// - Returns: how many there were
    @discardableResult package static func end(of owner: String) async -> Int {
        let found = processes(of: owner)
        for process in found { kill(process, SIGKILL) }
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline, found.contains(where: { belongs($0, to: owner) }) {
            try? await Task.sleep(for: .milliseconds(5))
        }
        Scratch.removeAbandoned()
        return found.count
    }

    private static func processes(of owner: String) -> [pid_t] {
        (DirectoryNames.of("/proc") ?? []).compactMap { pid_t($0) }.filter { belongs($0, to: owner) }
    }

    /// No longer of one that has ended, reaped or not: what it was given is gone first.
    private static func belongs(_ process: pid_t, to owner: String) -> Bool {
        guard process != getpid(), let words = FileManager.default.contents(atPath: "/proc/\(process)/environ") else {
            return false
        }
        return words.split(separator: 0).contains { $0.elementsEqual("\(variable)=\(owner)".utf8) }
    }
}
