;; A Worker that does what it is told: a remote control for the host's side of the ABI.
;;
;; It runs a script for each event. That of a request is the header `script`, in hex; without it, the body; without that, the
;; variable named like the entrypoint, and for any other request `GET`. That of any other event is the variable named like its kind; a
;; variable that begins with `#` is in hex. A
;; script is a list of commands, each a letter, a length (u32, little endian) and a payload:
;;
;;   O  issues the op in the payload; its answer is the result     S  makes the call in the payload; its answer is the result
;;   J  issues the op in the payload, and does not wait            K  runs the script after the payload's first byte in a
;;   E  the event is the result                                       transaction, which is kept if that is `1`
;;   R  responds 200 with the result                               A  responds with the payload
;;   M  grows the memory by so many pages; the result is + or -    T  traps
;;   L  loops for ever                                             H  waits for nothing
;;   X  cancels the op of task place 0                             W  logs the payload as a warning
;;   V  the variable named by the payload is the result            N  what is bound under the payload is the result
;;   U  responds 101 with the socket that the result, an answer of a request, holds
;;   Q  issues the op in the payload, and again whenever it is answered
;;   D  issues the op in the payload twice under one id            F  issues it for ever, under an id of its own each time
;;   B  makes the call in the payload for ever                     Z  cancels for ever
;;   G  responds with the payload for ever                         Y  asks for so many random bytes
;;   P  issues an op that lies outside of the memory
;;
;; At the end of the script the task is done.
(module
  (import "pmx" "op" (func $op (param i32 i32 i32 i32) (result i64)))
  (import "pmx" "cancel" (func $cancel (param i32)))
  (import "pmx" "respond" (func $respond (param i32 i32 i32)))
  (import "pmx" "done" (func $done (param i32)))
  (import "pmx" "call" (func $call (param i32 i32) (result i64)))
  (import "pmx" "env" (func $env (param i32 i32) (result i64)))
  (import "pmx" "binding" (func $binding (param i32 i32) (result i64)))
  (import "pmx" "log" (func $log (param i32 i32 i32)))
  (import "pmx" "random" (func $random (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\08\00\00\00body.all")
  (data (i32.const 16) "\07\00\00\009000000")
  (data (i32.const 64) "GET")
  (data (i32.const 80) "\03\00\00\00200\05\00\00\00bytes")
  (data (i32.const 112) "\0b\00\00\00transaction\01\00\00\000")
  (data (i32.const 144) "\03\00\00\00101\06\00\00\00socket")

  ;; Transactions that are open: place, payload, its length; 12 bytes each, from 256.
  (global $transactions (mut i32) (i32.const 256))
  ;; Places of tasks: used, task, pc, end, result, its length, event, its length; 32 bytes each, from 2048.
  (global $heap (mut i32) (i32.const 65536))

  (func (export "abi_version") (result i32) (i32.const 2))
  (func (export "live_tasks") (result i32) (i32.const 0))
  (func (export "live_ops") (result i32) (i32.const 0))

  (func $alloc (export "alloc") (param $len i32) (result i32)
    (local $ptr i32)
    (local.set $ptr (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $len)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $ptr))

  (func $place (param $i i32) (result i32)
    (i32.add (i32.const 2048) (i32.mul (local.get $i) (i32.const 32))))

  ;; The address of the field after the one at `ptr`.
  (func $after (param $ptr i32) (result i32)
    (i32.add (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr))))

  (func $script (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store offset=8 (local.get $at) (local.get $ptr))
    (i32.store offset=12 (local.get $at) (i32.add (local.get $ptr) (local.get $len))))

  (func $field (param $ptr i32) (param $n i32) (result i32)
    (block $there
      (loop $next
        (br_if $there (i32.eqz (local.get $n)))
        (local.set $ptr (call $after (local.get $ptr)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $ptr))

  ;; The second field of the answer of `env` is the value.
  (func $script_of_variable (param $at i32) (param $ptr i32) (param $len i32)
    (local $answer i64)
    (local.set $answer (call $env (local.get $ptr) (local.get $len)))
    (call $script (local.get $at) (i32.const 0) (i32.const 0))
    (if (i32.wrap_i64 (local.get $answer))
      (then
        (local.set $ptr (call $after (i32.wrap_i64 (i64.shr_u (local.get $answer) (i64.const 32)))))
        ;; One that begins with `#` is in hex; the length of the rest is put in its place.
        (if (i32.eq (i32.load8_u offset=4 (local.get $ptr)) (i32.const 35))
          (then
            (i32.store offset=1 (local.get $ptr) (i32.sub (i32.load (local.get $ptr)) (i32.const 1)))
            (call $script_of_hex (local.get $at) (i32.add (local.get $ptr) (i32.const 1)))
            (return)))
        (call $script (local.get $at) (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr))))))

  (func $digit (param $letter i32) (result i32)
    (select (i32.sub (local.get $letter) (i32.const 48)) (i32.sub (local.get $letter) (i32.const 87))
      (i32.lt_u (local.get $letter) (i32.const 58))))

  (func $script_of_hex (param $at i32) (param $ptr i32)
    (local $to i32) (local $i i32) (local $len i32)
    (local.set $len (i32.shr_u (i32.load (local.get $ptr)) (i32.const 1)))
    (local.set $ptr (i32.add (local.get $ptr) (i32.const 4)))
    (local.set $to (call $alloc (local.get $len)))
    (call $script (local.get $at) (local.get $to) (local.get $len))
    (block $end
      (loop $next
        (br_if $end (i32.eq (local.get $i) (local.get $len)))
        (i32.store8 (i32.add (local.get $to) (local.get $i))
          (i32.or (i32.shl (call $digit (i32.load8_u (local.get $ptr))) (i32.const 4))
                  (call $digit (i32.load8_u offset=1 (local.get $ptr)))))
        (local.set $ptr (i32.add (local.get $ptr) (i32.const 2)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; The address of the value of the header `script`, or 0.
  (func $script_header (param $ptr i32) (param $end i32) (result i32)
    (block $none
      (loop $next
        (br_if $none (i32.ge_u (local.get $ptr) (local.get $end)))
        (if (i32.and (i32.eq (i32.load (local.get $ptr)) (i32.const 6))
                     (i32.and (i32.eq (i32.load offset=4 (local.get $ptr)) (i32.const 0x69726373))
                              (i32.eq (i32.load16_u offset=8 (local.get $ptr)) (i32.const 0x7470))))
          (then (return (call $after (local.get $ptr)))))
        (local.set $ptr (call $after (call $after (local.get $ptr))))
        (br $next)))
    (i32.const 0))

  ;; The number of the field at which the request of an event begins, or 0.
  (func $request_of (param $ptr i32) (result i32)
    (if (i32.eq (i32.load (local.get $ptr)) (i32.const 5)) (then (return (i32.const 1))))
    (if (i32.eq (i32.load (local.get $ptr)) (i32.const 16)) (then (return (i32.const 3))))
    (if (i32.eq (i32.load8_u offset=11 (local.get $ptr)) (i32.const 102)) (then (return (i32.const 5))))
    (i32.const 0))

  ;; Reads the whole body with this handle, which is the script.
  (func $read_script (param $i i32) (param $handle i32)
    (local $at i32) (local $ptr i32) (local $len i32)
    (local.set $at (call $place (local.get $i)))
    (i32.store (local.get $at) (i32.const 2))
    (local.set $len (i32.add (i32.load (local.get $handle)) (i32.const 4)))
    (local.set $ptr (call $alloc (i32.add (local.get $len) (i32.const 23))))
    (memory.copy (local.get $ptr) (i32.const 0) (i32.const 12))
    (memory.copy (i32.add (local.get $ptr) (i32.const 12)) (local.get $handle) (local.get $len))
    (memory.copy (i32.add (local.get $ptr) (i32.add (local.get $len) (i32.const 12))) (i32.const 16) (i32.const 11))
    (drop (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $ptr)
      (i32.add (local.get $len) (i32.const 23)))))

  (func (export "start") (param $task i32) (param $ptr i32) (param $len i32)
    (local $i i32) (local $at i32) (local $request i32) (local $kind i32) (local $field i32)
    (block $found
      (loop $next
        (local.set $at (call $place (local.get $i)))
        (br_if $found (i32.eqz (i32.load (local.get $at))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $at) (i32.const 1))
    (i32.store offset=4 (local.get $at) (local.get $task))
    (i32.store offset=16 (local.get $at) (i32.const 0))
    (i32.store offset=20 (local.get $at) (i32.const 0))
    (i32.store offset=24 (local.get $at) (local.get $ptr))
    (i32.store offset=28 (local.get $at) (local.get $len))
    (local.set $request (call $request_of (local.get $ptr)))
    (if (i32.eqz (local.get $request))
      (then
        (call $script_of_variable
          (local.get $at) (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr)))
        (call $run (local.get $i) (i32.const 0))
        (return)))
    (local.set $field
      (call $script_header
        (call $field (local.get $ptr) (i32.add (local.get $request) (i32.const 4)))
        (i32.add (local.get $ptr) (local.get $len))))
    (if (local.get $field)
      (then
        (call $script_of_hex (local.get $at) (local.get $field))
        (call $run (local.get $i) (i32.const 0))
        (return)))
    ;; The third field of the request is the kind of its body.
    (local.set $kind (call $field (local.get $ptr) (i32.add (local.get $request) (i32.const 2))))
    (local.set $field (call $after (local.get $kind)))
    (if (i32.eq (i32.load8_u offset=4 (local.get $kind)) (i32.const 110)) ;; none
      (then
        (if (i32.eq (local.get $request) (i32.const 3))
          (then
            (local.set $field (call $field (local.get $ptr) (i32.const 1)))
            (call $script_of_variable
              (local.get $at) (i32.add (local.get $field) (i32.const 4)) (i32.load (local.get $field))))
          (else (call $script_of_variable (local.get $at) (i32.const 64) (i32.const 3))))
        (call $run (local.get $i) (i32.const 0))
        (return)))
    (if (i32.eq (i32.load8_u offset=5 (local.get $kind)) (i32.const 111)) ;; body
      (then (call $read_script (local.get $i) (local.get $field)) (return)))
    (call $script (local.get $at) (i32.add (local.get $field) (i32.const 4)) (i32.load (local.get $field)))
    (call $run (local.get $i) (i32.const 0)))

  (func (export "resume") (param $i i32) (param $ptr i32) (param $len i32)
    (local $at i32)
    (if (i32.ge_u (local.get $i) (i32.const 64)) (then (return)))
    (local.set $at (call $place (local.get $i)))
    (if (i32.eqz (i32.load (local.get $at))) (then (return)))
    (if (i32.eq (i32.load (local.get $at)) (i32.const 2))
      (then
        ;; The script has come: `ok` and the body.
        (i32.store (local.get $at) (i32.const 1))
        (call $script (local.get $at) (i32.add (local.get $ptr) (i32.const 10)) (i32.load offset=6 (local.get $ptr))))
      (else (call $result (local.get $at) (local.get $ptr) (local.get $len))))
    (call $run (local.get $i) (i32.const 0)))

  ;; Runs the script of the innermost transaction.
  (func (export "in_transaction") (param $token i32) (result i32)
    (local $entry i32) (local $at i32) (local $pc i32) (local $end i32) (local $payload i32)
    (local.set $entry (i32.sub (global.get $transactions) (i32.const 12)))
    (local.set $at (call $place (i32.load (local.get $entry))))
    (local.set $payload (i32.load offset=4 (local.get $entry)))
    (local.set $pc (i32.load offset=8 (local.get $at)))
    (local.set $end (i32.load offset=12 (local.get $at)))
    (call $script (local.get $at) (i32.add (local.get $payload) (i32.const 1))
      (i32.sub (i32.load offset=8 (local.get $entry)) (i32.const 1)))
    (call $run (i32.load (local.get $entry)) (i32.const 1))
    (i32.store offset=8 (local.get $at) (local.get $pc))
    (i32.store offset=12 (local.get $at) (local.get $end))
    (i32.sub (i32.load8_u (local.get $payload)) (i32.const 48)))

  (func $transaction (param $i i32) (param $ptr i32) (param $len i32) (result i64)
    (local $answer i64)
    (i32.store (global.get $transactions) (local.get $i))
    (i32.store offset=4 (global.get $transactions) (local.get $ptr))
    (i32.store offset=8 (global.get $transactions) (local.get $len))
    (global.set $transactions (i32.add (global.get $transactions) (i32.const 12)))
    (local.set $answer (call $call (i32.const 112) (i32.const 20)))
    (global.set $transactions (i32.sub (global.get $transactions) (i32.const 12)))
    (local.get $answer))

  (func (export "abort") (param $task i32)
    (local $i i32) (local $at i32)
    (loop $next
      (local.set $at (call $place (local.get $i)))
      (if (i32.and (i32.ne (i32.load (local.get $at)) (i32.const 0))
                   (i32.eq (i32.load offset=4 (local.get $at)) (local.get $task)))
        (then
          (i32.store (local.get $at) (i32.const 0))
          (call $cancel (local.get $i))
          (call $done (local.get $task))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 64)))))

  (func $result (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store offset=16 (local.get $at) (local.get $ptr))
    (i32.store offset=20 (local.get $at) (local.get $len)))

  (func $answered (param $at i32) (param $answer i64)
    (call $result (local.get $at)
      (i32.wrap_i64 (i64.shr_u (local.get $answer) (i64.const 32))) (i32.wrap_i64 (local.get $answer))))

  (func $letter (param $at i32) (param $letter i32)
    (local $ptr i32)
    (local.set $ptr (call $alloc (i32.const 1)))
    (i32.store8 (local.get $ptr) (local.get $letter))
    (call $result (local.get $at) (local.get $ptr) (i32.const 1)))

  (func $respond_result (param $at i32)
    (local $ptr i32)
    (local.set $ptr (call $alloc (i32.add (i32.const 20) (i32.load offset=20 (local.get $at)))))
    (memory.copy (local.get $ptr) (i32.const 80) (i32.const 16))
    (i32.store offset=16 (local.get $ptr) (i32.load offset=20 (local.get $at)))
    (memory.copy (i32.add (local.get $ptr) (i32.const 20))
      (i32.load offset=16 (local.get $at)) (i32.load offset=20 (local.get $at)))
    (call $respond (i32.load offset=4 (local.get $at)) (local.get $ptr)
      (i32.add (i32.const 20) (i32.load offset=20 (local.get $at)))))

  (func $respond_socket (param $at i32)
    (local $ptr i32) (local $field i32) (local $len i32)
    (local.set $field (call $field (i32.load offset=16 (local.get $at)) (i32.const 4)))
    (local.set $len (i32.add (i32.load (local.get $field)) (i32.const 4)))
    (local.set $ptr (call $alloc (i32.add (local.get $len) (i32.const 17))))
    (memory.copy (local.get $ptr) (i32.const 144) (i32.const 17))
    (memory.copy (i32.add (local.get $ptr) (i32.const 17)) (local.get $field) (local.get $len))
    (call $respond (i32.load offset=4 (local.get $at)) (local.get $ptr) (i32.add (local.get $len) (i32.const 17))))

  (func $run (param $i i32) (param $nested i32)
    (local $at i32) (local $pc i32) (local $command i32) (local $len i32) (local $answer i64)
    (local.set $at (call $place (local.get $i)))
    (loop $next
      (local.set $pc (i32.load offset=8 (local.get $at)))
      (if (i32.ge_u (local.get $pc) (i32.load offset=12 (local.get $at)))
        (then
          (if (local.get $nested) (then (return)))
          (i32.store (local.get $at) (i32.const 0))
          (call $done (i32.load offset=4 (local.get $at)))
          (return)))
      (local.set $command (i32.load8_u (local.get $pc)))
      (local.set $len (i32.load offset=1 (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 5)))
      (i32.store offset=8 (local.get $at) (i32.add (local.get $pc) (local.get $len)))
      (if (i32.eq (local.get $command) (i32.const 81)) ;; Q
        (then
          (i32.store offset=8 (local.get $at) (i32.sub (local.get $pc) (i32.const 5)))
          (local.set $command (i32.const 79))))
      (if (i32.eq (local.get $command) (i32.const 79)) ;; O
        (then
          (local.set $answer
            (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len)))
          (if (i64.eqz (local.get $answer)) (then (return)))
          (call $answered (local.get $at) (local.get $answer))))
      (if (i32.eq (local.get $command) (i32.const 74)) ;; J
        (then
          (drop (call $op (i32.load offset=4 (local.get $at)) (i32.add (local.get $pc) (i32.const 64))
            (local.get $pc) (local.get $len)))))
      (if (i32.eq (local.get $command) (i32.const 68)) ;; D
        (then
          (drop (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len)))
          (drop (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len)))
          (return)))
      (if (i32.eq (local.get $command) (i32.const 70)) ;; F
        (then
          (local.set $i (i32.const 1000))
          (loop $more
            (drop (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $more))))
      (if (i32.eq (local.get $command) (i32.const 66)) ;; B
        (then (loop $more (drop (call $call (local.get $pc) (local.get $len))) (br $more))))
      (if (i32.eq (local.get $command) (i32.const 90)) ;; Z
        (then (loop $more (call $cancel (i32.const 7)) (br $more))))
      (if (i32.eq (local.get $command) (i32.const 71)) ;; G
        (then
          (loop $more
            (call $respond (i32.load offset=4 (local.get $at)) (local.get $pc) (local.get $len))
            (br $more))))
      (if (i32.eq (local.get $command) (i32.const 89)) ;; Y
        (then (call $random (i32.const 0) (i32.load (local.get $pc)))))
      (if (i32.eq (local.get $command) (i32.const 80)) ;; P
        (then
          (drop (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (i32.const -16) (i32.const 100)))))
      (if (i32.eq (local.get $command) (i32.const 72)) ;; H
        (then (return)))
      (if (i32.eq (local.get $command) (i32.const 84)) ;; T
        (then unreachable))
      (if (i32.eq (local.get $command) (i32.const 76)) ;; L
        (then (loop $forever (br $forever))))
      (if (i32.eq (local.get $command) (i32.const 83)) ;; S
        (then (call $answered (local.get $at) (call $call (local.get $pc) (local.get $len)))))
      (if (i32.eq (local.get $command) (i32.const 75)) ;; K
        (then (call $answered (local.get $at) (call $transaction (local.get $i) (local.get $pc) (local.get $len)))))
      (if (i32.eq (local.get $command) (i32.const 86)) ;; V
        (then (call $answered (local.get $at) (call $env (local.get $pc) (local.get $len)))))
      (if (i32.eq (local.get $command) (i32.const 78)) ;; N
        (then (call $answered (local.get $at) (call $binding (local.get $pc) (local.get $len)))))
      (if (i32.eq (local.get $command) (i32.const 69)) ;; E
        (then
          (call $result (local.get $at) (i32.load offset=24 (local.get $at)) (i32.load offset=28 (local.get $at)))))
      (if (i32.eq (local.get $command) (i32.const 85)) ;; U
        (then (call $respond_socket (local.get $at))))
      (if (i32.eq (local.get $command) (i32.const 82)) ;; R
        (then (call $respond_result (local.get $at))))
      (if (i32.eq (local.get $command) (i32.const 65)) ;; A
        (then (call $respond (i32.load offset=4 (local.get $at)) (local.get $pc) (local.get $len))))
      (if (i32.eq (local.get $command) (i32.const 77)) ;; M
        (then
          (call $letter (local.get $at)
            (select (i32.const 45) (i32.const 43)
              (i32.eq (memory.grow (i32.load (local.get $pc))) (i32.const -1))))))
      (if (i32.eq (local.get $command) (i32.const 88)) ;; X
        (then (call $cancel (i32.const 0))))
      (if (i32.eq (local.get $command) (i32.const 87)) ;; W
        (then (call $log (i32.const 2) (local.get $pc) (local.get $len))))
      (br $next))))
