"""Windows per second of the same training in PyTorch on the CPU: `bench:training` runs it where torch is installed."""
import json
import sys
import time

import torch

cell, threads, steps, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(42)


class Forecaster(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = getattr(torch.nn, cell)(11, 128, 2, batch_first=True)
        self.fc = torch.nn.Linear(128, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1])


model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
x, y = torch.rand(64, 10, 11), torch.rand(64, 1)


def train(count):
    for _ in range(count):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


train(20)
rates = []
for _ in range(rounds):
    start = time.perf_counter()
    train(steps)
    rates.append(64 * steps / (time.perf_counter() - start))
print(json.dumps(rates))
